// pin.js CASES SEED >tests/policy/pinned.jsonl: cases with the official engine's answers, in the form
// that `casemate-policy run-corpus` reads.  Small ones, in which something happens.
'use strict';
const { KINDS, make } = require('./kinds');

const [wanted, seed] = process.argv.slice(2).map(Number);
const SIZE = 1400;
const counts = {}; // of each sort
const most = { valid: 0.35, invalid: 0.25, 'no-schema': 0.2, untyped: 0.2 };
for (let n = 0, kept = 0; kept < wanted; n++) {
  const c = make(seed, n);
  if (c.policies === undefined) continue;
  const a = KINDS[c.kind].theirs(c);
  if (a.stopped || a.answers.some((x) => x.refused !== undefined)) continue;
  const sort = c.kind === 'schema' ? (a.refused.length > 0 ? 'invalid' : 'valid') : c.kind;
  if ((counts[sort] ?? 0) >= wanted * most[sort] || !a.answers.some((x) => x.reason.length + x.errors.length > 0)) continue;
  const line = JSON.stringify({
    name: `${seed}-${n}-${sort}`,
    policies: c.policies.join('\n'),
    ...(c.schema === null ? {} : { schema: typeof c.schema === 'string' ? c.schema : JSON.stringify(c.schema), shouldValidate: a.refused.length === 0 }),
    entities: c.entities,
    requests: c.requests.map((r, i) => ({ ...r, validateRequest: c.conforms, decision: a.answers[i].decision, reason: a.answers[i].reason, errors: a.answers[i].errors })),
  });
  if (line.length > SIZE) continue;
  counts[sort] = (counts[sort] ?? 0) + 1;
  kept++;
  console.log(line);
}

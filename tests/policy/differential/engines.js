// The two engines that are compared: the official one, in this process, and ours, a child that
// answers JSON lines (see differ_main.c).
'use strict';
const { spawn } = require('child_process');
const official = require((process.env.CEDAR_WASM || '@cedar-policy/cedar-wasm') + '/nodejs');

class Ours {
  constructor(program) {
    this.waiting = [];
    this.rest = [];
    this.child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout.on('data', (part) => this.take(part));
    this.child.on('exit', (code, signal) => {
      if (this.waiting.length > 0) { console.error(`not ok our engine ended (${code ?? signal}) at ${this.waiting[0].line.slice(0, 20000)}`); process.exit(2); }
    });
  }
  take(part) {
    for (let end; (end = part.indexOf(10)) >= 0; part = part.subarray(end + 1)) {
      this.rest.push(part.subarray(0, end));
      const text = Buffer.concat(this.rest).toString();
      this.rest = [];
      this.waiting.shift().resolve(JSON.parse(text));
    }
    this.rest.push(part);
  }
  ask(question) {
    const line = JSON.stringify(question);
    this.child.stdin.write(line + '\n');
    return new Promise((resolve) => this.waiting.push({ resolve, line }));
  }
  end() { this.child.stdin.end(); }
}

// An exception is a refusal of what was given; an engine that trapped is of no more use.
function guarded(f) {
  try { return f(); } catch (e) {
    if (e instanceof WebAssembly.RuntimeError || e instanceof RangeError) throw e;
    return { type: 'failure', errors: [{ message: String(e).slice(0, 300) }] };
  }
}
const messages = (a) => (a.errors || []).map((e) => e.message).join('; ');
const verdict = (a, text = '') => (a.type === 'success' ? { ok: true, text } : { ok: false, text: messages(a) });

const theirs = {
  format: (text, width, indent) => { const a = guarded(() => official.formatPolicies({ policyText: text, lineWidth: width, indentWidth: indent })); return verdict(a, a.formatted_policy); },
  parse: (text) => verdict(guarded(() => official.checkParsePolicySet({ staticPolicies: text }))),
  accepts: (json) => verdict(guarded(() => official.checkParsePolicySet({ staticPolicies: { p: json } }))).ok,
  toJson: (text) => { const a = guarded(() => official.policyToJson(text)); return a.type === 'success' ? a.json : null; },
  toText: (json) => { const a = guarded(() => official.policyToText(json)); return a.type === 'success' ? a.text : null; },
  schema: (schema) => verdict(guarded(() => official.checkParseSchema(schema))),
  decide,
};

const number = (id) => Number(id.slice(6));
const ascending = (list) => [...new Set(list)].sort((a, b) => a - b);

// What the validator says, for cases that share a schema in one go: the policies do not know of one another.
const validated = new WeakMap(); // a case's verdicts
function validate(cases) {
  const schema = cases[0].schema;
  const v = guarded(() => official.validate({ schema, policies: { staticPolicies: cases.flatMap((c) => c.policies).join('\n') } }));
  if (v.type !== 'success') return { failure: messages(v) };
  const refused = ascending(v.validationErrors.map((e) => number(e.policyId)));
  const impossible = ascending(v.validationWarnings.filter((e) => /impossible/.test(e.error.message)).map((e) => number(e.policyId)));
  let first = 0;
  for (const c of cases) {
    const own = (list) => list.filter((n) => n >= first && n < first + c.policies.length).map((n) => n - first);
    validated.set(c, { refused: own(refused), impossible: own(impossible) });
    first += c.policies.length;
  }
  return validated.get(cases[0]);
}
function validateTogether(cases) {
  for (let i = 0, k; i < cases.length; i = k) {
    for (k = i + 1; k < cases.length && cases[k].schema === cases[i].schema; k++);
    if (cases[i].schema && k > i + 1) validate(cases.slice(i, k));
  }
}

let parsed = null; // the schema that is parsed, as `s`
// The verdict of each step, up to the first refusal, in the words of differ_main.c.
function decide(c) {
  const set = guarded(() => official.preparsePolicySet('p', { staticPolicies: c.policies.join('\n') }));
  if (set.type !== 'success') return { stopped: 'policies', message: messages(set) };
  const out = {}, schema = c.schema ?? undefined;
  if (schema !== undefined) {
    const s = schema === parsed ? { type: 'success' } : guarded(() => official.preparseSchema('s', schema));
    if (s.type !== 'success') return { stopped: 'schema', message: messages(s) };
    parsed = schema;
    const v = validated.get(c) ?? validate([c]);
    if (v.failure !== undefined) return { stopped: 'validation', message: v.failure };
    Object.assign(out, v);
  }
  out.answers = [];
  for (const r of c.requests) {
    const a = guarded(() => official.statefulIsAuthorized({ ...r, context: r.context ?? {}, preparsedPolicySetId: 'p', preparsedSchemaName: schema === undefined ? undefined : 's', validateRequest: c.conforms, entities: c.entities }));
    if (a.type === 'success') {
      const d = a.response.diagnostics;
      out.answers.push({ decision: a.response.decision, reason: d.reason, errors: d.errors.map((e) => e.policyId) });
      continue;
    }
    if (out.answers.length === 0) {
      const entities = guarded(() => official.checkParseEntities({ entities: c.entities, schema }));
      if (entities.type !== 'success') { delete out.answers; return { ...out, stopped: 'entities', message: messages(entities) }; }
    }
    out.answers.push({ refused: messages(a) });
  }
  return out;
}

module.exports = { Ours, theirs, validateTogether };

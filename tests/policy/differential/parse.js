// parse.js COUNT [SEED]: whether a text is accepted, against the official engine.  Whole policies,
// well-formed and with mistakes.
const { Ours, theirs } = require('./engines');
const { Random, Generator, write, mutate } = require('./generate');

// Where we are stricter on purpose: templates, ids, limits.
const onPurpose = (message) => /templates are not supported|is used by two policies|an @id must|nested more than|more than \d+ levels/.test(message);

function deep(random) {
  const n = 1 + random.below(60);
  const [open, close] = random.one([['(', ')'], ['[', ']'], ['{a:', '}'], ['!(', ')'], ['if true then ', ' else 1'], ['ip(', ')'], ['1.contains(', ')'], ['-(', ')']]);
  return `permit(principal,action,resource)when{${open.repeat(n)}${random.one(['1', 'context', ''])}${close.repeat(n + (random.chance(0.1) ? 1 : 0))}};`;
}

function make(random) {
  const kind = random.below(20);
  if (kind === 0) return deep(random);
  const generator = new Generator(random, { wild: [0, 0.005, 0.02, 0.1][random.below(4)], depth: 1 + random.below(4), size: 15 });
  let tokens = generator.policies();
  if (kind < 10) tokens = mutate(random, tokens);
  let text = write(random, tokens, { comments: random.chance(0.1) ? 0.1 : 0, odd: random.chance(0.2) ? 0.1 : 0 });
  if (kind === 10 && text.length > 0) { // one character
    const characters = [...text], at = random.below(characters.length);
    characters.splice(at, random.below(2), random.one(['"', '\\', '/', '//', '\r', '\n', '\u0000', '\ufeff', '\u200b', '\u0085', '\u00a0', '\u180e', '\u2028', '.', ':', '(', '}', '@', '?', 'é', '０', 'ℵ', '_', '1', '-', '=', '&', '|', '\u{1F600}']));
    text = characters.join('');
  }
  return text;
}

(async () => {
  const count = Number(process.argv[2] || 1000), seed = Number(process.argv[3] || 1);
  const ours = new Ours();
  const tally = { accepted: 0, refused: 0, onPurpose: 0, differ: 0 };
  const differs = async (text) => { const a = theirs.parse(text), b = await ours.ask('parse', text); return a.ok !== b.ok && !onPurpose(b.text); };
  for (let i = 0; i < count; i++) {
    const text = make(new Random(seed * 1000003 + i)), bytes = Buffer.from(text).toString();
    if (bytes !== text) continue; // half a surrogate pair
    const want = theirs.parse(text), got = await ours.ask('parse', text);
    if (want.ok === got.ok) { tally[want.ok ? 'accepted' : 'refused']++; continue; }
    if (onPurpose(got.text)) { tally.onPurpose++; continue; }
    if (tally.differ++ >= 12) continue;
    let small = [...text];
    for (let size = small.length >> 1; size > 0; size >>= 1)
      for (let at = 0; at < small.length;) {
        const less = small.slice(0, at).concat(small.slice(at + size));
        if (await differs(less.join(''))) small = less; else at += size;
      }
    const s = small.join('');
    console.log(JSON.stringify({ input: s, accepted: theirs.parse(s).ok }), '\n   theirs:', theirs.parse(s).text.slice(0, 200), '\n   ours:', (await ours.ask('parse', s)).text.split('\n')[0]);
  }
  console.log(tally);
  ours.end();
  process.exitCode = tally.differ > 0 ? 1 : 0;
})();

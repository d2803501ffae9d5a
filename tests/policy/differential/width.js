// width.js COUNT [SEED]: how wide text is, seen in where the official formatter breaks lines.
const { Ours, theirs } = require('./engines');
const { Random } = require('./generate');

const POOL = ['a', 'é', 'e\u0301', '日', '한', '\u1112\u1161\u11ab', 'ｗ', '\u200b', '\u00ad', '\u{1F600}', '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}', '\u{1F44D}\u{1F3FD}', '\u{1F3FD}',
  '\u2764\ufe0f', '\u2764', '\u231a\ufe0e', '\u231a', '\u{1F1E9}\u{1F1EA}', '\u{1F1E9}', '1\ufe0f\u20e3', '\u261d\u{1F3FB}', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
  '\u0644\u0627', '\u0644\u064e\u0627', '\u05d0', '\u0e33', '\u093f', '\u2018', '\u201c\ufe01', '\u200d', '\ufe0f', '\ufe0e', '\u3000', '…', '—', '½', '°', '\u{20000}', '\u{1F9D1}\u{1F3FB}\u200d\u{1F4BB}', '\u2640\ufe0f', '\u{1F575}\ufe0f\u200d\u2640\ufe0f'];

(async () => {
  const count = Number(process.argv[2] || 1000), seed = Number(process.argv[3] || 1);
  const ours = new Ours();
  const tally = { same: 0, differ: 0 };
  for (let i = 0; i < count; i++) {
    const r = new Random(seed * 1000003 + i);
    let inner = '';
    for (let n = 1 + r.below(6); n > 0; n--) inner += r.chance(0.8) ? r.one(POOL) : String.fromCodePoint([0x80 + r.below(0x2000), 0x2000 + r.below(0x1000), 0x1f000 + r.below(0x1000), 0x3000 + r.below(0xa000)][r.below(4)]);
    let text = 'permit(principal,action,resource)'; // one clause for each width that it may have
    for (let pad = 48; pad <= 64; pad++) text += `when{"${inner}${'x'.repeat(pad)}" == 1}`;
    text += ';';
    const want = theirs.format(text), got = await ours.ask('format', text);
    if (want.text === got.text) tally.same++;
    else if (tally.differ++ < 10) console.log([...inner].map((c) => c.codePointAt(0).toString(16)).join(' '), want.text.split('\nwhen {').length - got.text.split('\nwhen {').length);
  }
  console.log(tally);
  ours.end();
  process.exitCode = tally.differ > 0 ? 1 : 0;
})();

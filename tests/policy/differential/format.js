// format.js COUNT [SEED]: our formatter against the official one, on policies with comments
// anywhere.  A comment that the official one drops or refuses is counted and shown apart.
const { Ours, theirs } = require('./engines');
const { Random, Generator, write } = require('./generate');

const comments = (text) => (text.replace(/"(\\.|[^"\\])*"|\/\/[^\n\r]*/g, (m) => (m[0] === '"' ? '' : '\u0001' + m.trim() + '\u0002')).match(/\u0001[^\u0002]*\u0002/g) || []).join('');

// The text made as small as it can be while ${bad} still says so.
async function shrink(text, bad) {
  text = [...text];
  for (let size = text.length >> 1; size > 0; size = size > 1 ? size >> 1 : 0)
    for (let at = 0; at < text.length;) {
      const less = text.slice(0, at).concat(text.slice(at + size));
      if (await bad(less.join(''))) text = less; else at += size;
    }
  return text.join('');
}

(async () => {
  const count = Number(process.argv[2] || 1000);
  const seed = Number(process.argv[3] || 1);
  const ours = new Ours();
  const tally = { same: 0, refused: 0, lost: 0, theyRefuse: 0, differ: 0, unstable: 0, theirsUnstable: 0 };
  const show = async (what, text, bad) => {
    if (tally[what]++ >= 5) return;
    const small = await shrink(text, bad);
    const a = theirs.format(small), b = await ours.ask('format', small);
    console.log(`---- ${what}\n${JSON.stringify(small)}\n${a.text}\n---- ours\n${b.text}`);
  };
  const kept = (a, text) => a.ok && comments(a.text) === comments(text);
  const differs = async (t) => {
    const a = theirs.format(t), b = await ours.ask('format', t);
    if (!a.ok && b.ok) return !kept(b, t) || !theirs.parse(t).ok;
    return a.ok !== b.ok || (a.ok && a.text !== b.text && (kept(a, t) || !kept(b, t)));
  };
  for (let i = 0; i < count; i++) {
    const random = new Random(seed * 1000003 + i);
    const mode = random.below(4);
    const text = write(random, new Generator(random, { wild: random.chance(0.1) ? 0.01 : 0, depth: 1 + random.below(5) }).policies(),
      { comments: [0, 0.02, 0.1, 0.5][mode], odd: random.chance(0.2) ? 0.1 : 0 });
    const want = theirs.format(text);
    const got = await ours.ask('format', text);
    if (!want.ok && !got.ok) { tally.refused++; continue; }
    const style = { lineWidth: 1 + random.below(140), indentWidth: random.below(9) };
    const styled = theirs.format(text, style), own = await ours.ask(`format/${style.lineWidth}/${style.indentWidth}`, text);
    if (styled.ok && kept(styled, text) && styled.text !== own.text) { tally.styled = (tally.styled ?? 0) + 1; console.log('---- styled', JSON.stringify({ text, ...style }), styled.text, own.text); }
    if (await differs(text)) { await show('differ', text, differs); continue; }
    if (!want.ok) await show('theyRefuse', text, async (t) => !theirs.format(t).ok && theirs.parse(t).ok && (await ours.ask('format', t)).ok);
    else if (want.text === got.text) tally.same++;
    else tally.lost++;
    const again = await ours.ask('format', got.text);
    if (again.text !== got.text) {
      if (theirs.format(got.text).text === again.text) {
        tally.theirsUnstable++;
        if (comments(text) === '') tally.unstableWithoutComments = (tally.unstableWithoutComments ?? 0) + 1;
        let passes = 1;
        for (let a = got, b = again; b.text !== a.text && passes < 20; passes++) [a, b] = [b, await ours.ask('format', b.text)];
        tally['settledAfter' + passes] = (tally['settledAfter' + passes] ?? 0) + 1;
      }
      else await show('unstable', text, async (t) => { const a = await ours.ask('format', t), b = await ours.ask('format', a.text); return a.ok && b.text !== a.text && theirs.format(a.text).text !== b.text; });
    }
  }
  console.log(tally);
  ours.end();
  process.exitCode = tally.differ > 0 ? 1 : 0;
})();

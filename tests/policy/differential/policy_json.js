// policy_json.js COUNT [SEED]: policies in JSON against the official engine.  Per policy: the JSON
// of a text is the same; the text of that JSON means the same; a JSON with mistakes is accepted or
// refused alike.
const { isDeepStrictEqual } = require('util');
const { Ours, theirs, official } = require('./engines');
const { Random, Generator, write } = require('./generate');

const toJson = (text) => { const a = official.policyToJson(text); return a.type === 'success' ? a.json : null; };
const accepts = (json) => { try { return official.checkParsePolicySet({ staticPolicies: { p: json } }).type === 'success'; } catch (e) { return false; } };

// Every place of a tree, as [holder, key].
function places(node, out = []) {
  if (node && typeof node === 'object') for (const key of Object.keys(node)) { out.push([node, key]); places(node[key], out); }
  return out;
}
const NAMES = ['Value', 'Var', '!', 'neg', '==', 'in', '<', '>', '&&', '||', '+', '.', 'has', 'like', 'is', 'if-then-else', 'Set', 'Record', 'contains', 'isEmpty', 'getTag', 'ip',
  'lessThan', 'left', 'right', 'arg', 'attr', 'pattern', 'op', 'entity', 'entities', 'type', 'id', '__entity', '__extn', '__expr', 'fn', 'args', 'Literal', 'Wildcard', 'x', 'entity_type', 'slot', 'Slot', 'when', 'annotations'];
function mutate(random, json) {
  const root = { json: structuredClone(json) };
  for (let n = 1 + random.below(2); n > 0; n--) {
    const all = places(root.json);
    if (all.length === 0) break;
    const [holder, key] = random.one(all);
    const other = () => { const [h, k] = random.one(all); return structuredClone(h[k]); };
    switch (random.below(7)) {
      case 0: if (Array.isArray(holder)) holder.splice(key, 1); else delete holder[key]; break;
      case 1: holder[key] = random.one([null, true, 0, -1, 'x', '', 'All', 'in', 'A::B', {}, [], 'User', { Value: 1 }, { type: 'A', id: 'b' }, ['a', 'b c'], { __entity: { type: 'A', id: '' } }]); break;
      case 2: holder[key] = other(); break;
      case 3: if (!Array.isArray(holder)) { holder[random.one(NAMES)] = holder[key]; delete holder[key]; } break;
      case 4: if (Array.isArray(holder)) holder.push(other()); else holder[random.one(NAMES)] = other(); break;
      case 5: holder[key] = { [random.one(NAMES)]: holder[key] }; break;
      default: holder[key] = { Value: random.one([{ a: [1, 'x'] }, [], { __extn: { fn: random.one(['ip', 'decimal', 'offset', 'datetime']), arg: 'x' } }, { __entity: { type: 'A::B', id: '*"\\' } }, -5, 'é"\n']) };
    }
  }
  return root.json;
}

// What the official engine takes only because of how its structures are read, and what no text can
// say: lists in the place of objects, words in the place of strings, functions that are not known.
const accidental = (message) => /an object is expected here|there is no extension function|before its dot|an entity is|an effect is|a scope is an object|is "when" or|is "permit" or|a variable is|another one|otherwise than its own @id|an @id must/.test(message);

(async () => {
  const count = Number(process.argv[2] || 1000), seed = Number(process.argv[3] || 1);
  const ours = new Ours();
  const tally = { written: 0, read: 0, accepted: 0, refused: 0, stricter: 0, tooDeep: 0, differ: 0 };
  const differ = (...what) => { if (tally.differ++ < 5) console.log('----', ...what.map((x) => (typeof x === 'string' ? x : JSON.stringify(x)))); };
  const strip = (json) => { // the @id that ours adds
    const { annotations, ...rest } = json;
    return annotations && Object.keys(annotations).length > 0 ? json : rest;
  };
  const depth = (node) => (node && typeof node === 'object' ? 1 + Math.max(0, ...Object.values(node).map(depth)) : 0);
  const one = async (i) => {
    const random = new Random(seed * 1000003 + i);
    const text = write(random, new Generator(random, { wild: 0, depth: 1 + random.below(5), size: 40 }).policy(), {});
    const json = toJson(text);
    if (json === null || depth(json) > 60) return;
    const got = await ours.ask('json', text);
    const own = got.ok && Object.values(JSON.parse(got.text).staticPolicies)[0];
    if (!got.ok || !isDeepStrictEqual(own, json)) { differ('written', text, json, got.text); return; }
    tally.written++;
    const big = /\d{16,}/.test(text);
    if (big) return;
    const back = await ours.ask('text', JSON.stringify(json));
    const again = back.ok && toJson(back.text);
    if (!back.ok || !isDeepStrictEqual(again && strip(again), strip(json))) { differ('read', text, json, back.text, again); return; }
    tally.read++;
    const bad = mutate(random, json);
    if (depth(bad) > 60) { tally.tooDeep++; return; } // their stack ends before our limits
    const want = accepts(bad), verdict = await ours.ask('text', JSON.stringify(bad));
    if (want === verdict.ok) {
      tally[want ? 'accepted' : 'refused']++;
      if (!want || JSON.stringify(bad).includes('__extn')) return;
      const normal = official.policyToText(bad); // the same meaning, by way of its text
      const theirJson = normal.type === 'success' && toJson(normal.text), ourJson = toJson(verdict.text);
      if (theirJson && !isDeepStrictEqual(theirJson, ourJson)) differ('meaning', bad, theirJson, ourJson);
    } else if (want && accidental(verdict.text)) tally.stricter++;
    else differ('verdict', String(want), bad, verdict.text);
  };
  for (let i = 0; i < count; i++)
    await one(i);
  console.log(tally);
  ours.end();
  process.exitCode = tally.differ > 0 ? 1 : 0;
})();

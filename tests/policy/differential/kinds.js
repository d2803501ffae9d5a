// The kinds of cases: how one is made from chance, what both engines are asked, and what must be
// the same.  A case is plain data, so that it can be kept.
'use strict';
const { isDeepStrictEqual } = require('util');
const typed = require('./typed');
const { Random, Generator, write, mutate } = require('./generate');
const { makeEntities, makeRequest, places, spoil, ENTITY_KEYS } = require('./entities');
const { theirs } = require('./engines');

const { chance, below, pick } = typed;

// Where ours is stricter on purpose: templates, ids that audit relies on, limits.
const onPurpose = (message) => /templates are not supported|is used by two policies|an @id must|nested more than|more than \d+ levels/.test(message);

// ---- policies, schema, entities and requests ----

function makeDecide({ s, given }) {
  const c = { kind: given === null ? 'no-schema' : 'schema', policies: Array.from({ length: 1 + Math.min(below(8), below(8)) }, () => typed.makePolicy(s)),
    schema: given, entities: makeEntities(s, given !== null), requests: Array.from({ length: 1 + below(chance(0.3) ? 4 : 1) }, () => makeRequest(s, given !== null)), conforms: chance(0.9) };
  if (chance(0.08)) spoil(c.entities, ENTITY_KEYS);
  if (chance(0.06)) spoil(pick(c.requests).context, ENTITY_KEYS);
  return c;
}
// Untyped: most of these err when they are evaluated, each in its own way.
function makeUntyped(random) {
  const generator = new Generator(random, { wild: 0, depth: 1 + random.below(3), size: 14 });
  const types = ['User', 'Group', 'Action', 'a'], names = ['a', 'b', 'name', 'owner', 'A1', 'k0'];
  const uid = () => ({ type: random.one(types), id: random.one(['', 'a', 'b']) });
  const value = (d) => {
    switch (random.below(d > 0 ? 8 : 6)) {
      case 0: return random.chance(0.5);
      case 1: return random.one([0, 1, -1, 2, 42, 9007199254740991]);
      case 2: return random.one(['', 'a', 'b', '*', '\u{1F600}']);
      case 3: case 4: return { __entity: uid() };
      case 5: return { __extn: random.one([{ fn: 'ip', arg: '127.0.0.1' }, { fn: 'decimal', arg: '1.0' }, { fn: 'datetime', arg: '2024-10-15' }, { fn: 'duration', arg: '1d' }]) };
      case 6: return Array.from({ length: random.below(3) }, () => value(d - 1));
      default: return fields(d - 1);
    }
  };
  const fields = (d) => Object.fromEntries(names.filter(() => random.chance(0.5)).map((n) => [n, value(d)]));
  const entities = [];
  for (let i = random.below(6); i > 0; i--) {
    const u = uid();
    if (entities.some((e) => e.uid.type === u.type && e.uid.id === u.id)) continue;
    const e = { uid: u, attrs: fields(2), parents: [] };
    for (let k = random.below(3); k > 0; k--) { const p = uid(); if ((u.type === 'Action') === (p.type === 'Action')) e.parents.push(p); }
    if (random.chance(0.4)) e.tags = fields(1);
    entities.push(e);
  }
  return { kind: 'untyped', policies: Array.from({ length: 1 + random.below(8) }, () => write(random, generator.policy())), schema: null, entities,
    requests: Array.from({ length: 1 + random.below(3) }, () => ({ principal: uid(), action: { type: 'Action', id: random.one(['', 'a', 'b']) }, resource: uid(), context: fields(2) })), conforms: false };
}
function askDecide(c) {
  const schema = c.schema === null ? '' : typeof c.schema === 'string' ? c.schema : JSON.stringify(c.schema);
  const question = { op: 'decide', policies: c.policies.join('\n'), schema, entities: c.entities, requests: c.requests, conforms: c.conforms };
  return [question, { ...question, policies: c.policies.slice().reverse().join('\n') }, { ...question, laidOut: true }];
}
const ids = (list) => list.map((id) => Number(id.slice(6))).sort((a, b) => a - b);
const plain = (a) => (a.refused === undefined ? { decision: a.decision, reason: ids(a.reason), errors: ids(a.errors) } : { refused: true });
const turned = (c, a) => {
  if (a.refused) return a;
  const turn = (list) => list.map((n) => c.policies.length - 1 - n).sort((x, y) => x - y);
  return { decision: a.decision, reason: turn(a.reason), errors: turn(a.errors) };
};
function compareDecide(c, want, [got, reversed, laidOut]) {
  if (got.unread !== undefined) return 'unread';
  if (got.limit) return 'limit';
  if (want.refused !== undefined && got.refused !== undefined) {
    if (!isDeepStrictEqual(want.refused, got.refused)) return 'validation';
    const valid = (list) => list.filter((n) => !want.refused.includes(n));
    if (!isDeepStrictEqual(valid(want.impossible), valid(got.impossible))) return 'impossible';
  }
  if (want.stopped !== got.stopped) return onPurpose(got.message ?? '') ? 'stricter' : `verdict on ${want.stopped ?? got.stopped}`;
  if (want.answers === undefined) return null;
  for (let i = 0; i < c.requests.length; i++) {
    const a = plain(want.answers[i]), b = plain(got.answers[i]);
    for (const what of ['refused', 'decision', 'reason', 'errors'])
      if (!isDeepStrictEqual(a[what], b[what])) return what === 'refused' ? 'verdict on request' : what;
    if (!isDeepStrictEqual(turned(c, plain(reversed.answers[i])), b)) return 'order of policies';
    if (!isDeepStrictEqual(plain(laidOut.answers[i]), b)) return 'layout of policies';
  }
  return null;
}

// ---- expressions: ours says each value, the official engine whether it is equal ----

function makeValues({ s }) {
  const situation = typed.makeSituation(s);
  return { kind: 'values', expressions: Array.from({ length: 6 + below(10) }, () => typed.makeExpression(s, situation)),
    entities: makeEntities(s, false), requests: [makeRequest(s, false, situation)] };
}
const askValues = (c) => [{ op: 'values', expressions: c.expressions, entities: c.entities, request: c.requests[0] }];
const isText = (value) => !['parse-failure', 'error', undefined].includes(value);
function theirValues(c, [got]) {
  const values = c.expressions.map((e, i) => got.values?.[i]);
  return theirs.decide({ policies: c.expressions.map((e, i) => `permit (principal, action, resource) when { (${e}) == (${isText(values[i]) ? values[i] : 'true'}) };`), schema: null, entities: c.entities, requests: c.requests, conforms: false });
}
function compareValues(c, want, [got]) {
  if (want.stopped === 'policies') return got.values?.includes('parse-failure') ? null : 'verdict on expression';
  if (c.requests.length === 0) return null;
  const refused = want.stopped !== undefined || want.answers[0].refused !== undefined;
  if (refused || got.refused === true) return refused === (got.refused === true) ? null : 'verdict on entities';
  const a = want.answers[0];
  for (let i = 0; i < c.expressions.length; i++) {
    if (got.values[i] === 'parse-failure') return 'verdict on expression';
    if (a.errors.includes(`policy${i}`) !== (got.values[i] === 'error')) return 'error of expression';
    if (isText(got.values[i]) && !a.reason.includes(`policy${i}`)) return 'value of expression';
  }
  return null;
}

// ---- policy text: whether it is accepted, its layout, its JSON ----

const comments = (text) => (text.replace(/"(\\.|[^"\\])*"|\/\/[^\n\r]*/g, (m) => (m[0] === '"' ? '' : '\u0001' + m.replace(/[\s\u0085]+$/, '') + '\u0002')).match(/\u0001[^\u0002]*\u0002/g) || []).join('');
const WIDE = ['a', 'é', 'e\u0301', '日', '한', '\u1112\u1161\u11ab', 'ｗ', '\u200b', '\u00ad', '\u{1F600}', '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}', '\u{1F44D}\u{1F3FD}', '\u2764\ufe0f', '\u2764', '\u231a\ufe0e',
  '\u{1F1E9}\u{1F1EA}', '\u{1F1E9}', '1\ufe0f\u20e3', '\u0644\u0627', '\u05d0', '\u0e33', '\u093f', '\u2018', '\u200d', '\u3000', '…', '—', '½', '\u{20000}', '\u{1F9D1}\u{1F3FB}\u200d\u{1F4BB}'];

function deep(random) {
  const n = 1 + random.below(60);
  const [open, close] = random.one([['(', ')'], ['[', ']'], ['{a:', '}'], ['!(', ')'], ['if true then ', ' else 1'], ['ip(', ')'], ['1.contains(', ')'], ['-(', ')']]);
  return `permit(principal,action,resource)when{${open.repeat(n)}${random.one(['1', 'context', ''])}${close.repeat(n + (random.chance(0.1) ? 1 : 0))}};`;
}
function oneCharacter(random, text) {
  const characters = [...text], at = random.below(characters.length);
  characters.splice(at, random.below(2), random.one(['"', '\\', '/', '//', '\r', '\n', '\u0000', '\ufeff', '\u200b', '\u0085', '\u00a0', '\u180e', '\u2028', '.', ':', '(', '}', '@', '?', 'é', '０', 'ℵ', '_', '1', '-', '=', '&', '|', '\u{1F600}']));
  return characters.join('');
}
function wide(random) {
  let inner = '';
  for (let n = 1 + random.below(6); n > 0; n--) inner += random.one(WIDE);
  let text = 'permit(principal,action,resource)'; // one clause for each width that it may have
  for (let pad = 56; pad <= 62; pad++) text += `when{"${inner}${'x'.repeat(pad)}" == 1}`;
  return text + ';';
}
function makeText(random) {
  const way = random.below(20), styled = random.chance(0.3);
  let text;
  if (way === 0) text = deep(random);
  else if (way === 1) text = wide(random);
  else if (way < 11) { // to be laid out
    const generator = new Generator(random, { wild: random.chance(0.1) ? 0.01 : 0, depth: 1 + random.below(5) });
    text = write(random, generator.policies(), { comments: [0, 0.02, 0.1, 0.5][random.below(4)], odd: random.chance(0.2) ? 0.1 : 0 });
  } else { // to be refused
    const generator = new Generator(random, { wild: [0, 0.005, 0.02, 0.1][random.below(4)], depth: 1 + random.below(4), size: 15 });
    const tokens = generator.policies();
    text = write(random, way < 18 ? mutate(random, tokens) : tokens, { comments: random.chance(0.1) ? 0.1 : 0, odd: random.chance(0.2) ? 0.1 : 0 });
    if (way >= 18) text = oneCharacter(random, text);
  }
  return { kind: 'text', text: Buffer.from(text).toString(), width: styled ? 1 + random.below(140) : 80, indent: styled ? random.below(9) : 2 };
}
const askText = (c) => [{ op: 'parse', text: c.text }, { op: 'format', text: c.text, width: c.width, indent: c.indent }, { op: 'json', text: c.text }];
function theirText(c) {
  const parse = theirs.parse(c.text);
  return { parse, format: theirs.format(c.text, c.width, c.indent), json: parse.ok ? theirs.toJson(c.text) : null };
}
const kept = (a, text) => a.ok && comments(a.text) === comments(text);
function compareText(c, want, [parse, format, json]) {
  if (want.parse.ok !== parse.ok) return onPurpose(parse.text) ? 'stricter' : 'verdict on policies';
  if (!parse.ok) return null;
  // The official formatter may refuse, or drop, a comment that ours keeps.
  if (!format.ok) return want.format.ok ? 'verdict on layout' : null;
  if (!kept(format, c.text)) return 'comments';
  if (want.format.ok && kept(want.format, c.text) && want.format.text !== format.text) return 'layout';
  if (want.json !== null && !isDeepStrictEqual(Object.values(JSON.parse(json.text).staticPolicies)[0], want.json)) return 'policy JSON';
  return null;
}

// ---- policies in JSON ----

const JSON_KEYS = ['Value', 'Var', '!', 'neg', '==', 'in', '<', '>', '&&', '||', '+', '.', 'has', 'like', 'is', 'if-then-else', 'Set', 'Record', 'contains', 'isEmpty', 'getTag', 'ip', 'lessThan', 'left', 'right', 'arg',
  'attr', 'pattern', 'op', 'entity', 'entities', 'type', 'id', '__entity', '__extn', '__expr', 'fn', 'args', 'Literal', 'Wildcard', 'x', 'entity_type', 'slot', 'Slot', 'when', 'annotations'];
function spoilPolicy(random, json) {
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
      case 3: if (!Array.isArray(holder)) { holder[random.one(JSON_KEYS)] = holder[key]; delete holder[key]; } break;
      case 4: if (Array.isArray(holder)) holder.push(other()); else holder[random.one(JSON_KEYS)] = other(); break;
      case 5: holder[key] = { [random.one(JSON_KEYS)]: holder[key] }; break;
      default: holder[key] = { Value: random.one([{ a: [1, 'x'] }, [], { __extn: { fn: random.one(['ip', 'decimal', 'offset', 'datetime']), arg: 'x' } }, { __entity: { type: 'A::B', id: '*"\\' } }, -5, 'é"\n']) };
    }
  }
  return root.json;
}
const depth = (node) => (node && typeof node === 'object' ? 1 + Math.max(0, ...Object.values(node).map(depth)) : 0);
// What the official engine takes only because of how its structures are read, and what no text can
// say: lists in the place of objects, words in the place of strings, functions that are not known.
const accidental = (message) => /an object is expected here|there is no extension function|before its dot|an entity is|an effect is|a scope is an object|is "when" or|is "permit" or|a variable is|another one|otherwise than its own @id|an @id must/.test(message);
const withoutId = ({ annotations, ...rest }) => (annotations && Object.keys(annotations).length > 0 ? { annotations, ...rest } : rest); // the @id that ours adds

function makeJson(random) {
  for (;;) {
    const text = write(random, new Generator(random, { wild: 0, depth: 1 + random.below(5), size: 40 }).policy());
    if (/\d{16,}/.test(text)) continue; // a number that this language cannot carry
    const json = theirs.toJson(text), bad = json && spoilPolicy(random, json);
    if (json !== null && depth(json) <= 60 && depth(bad) <= 60) return { kind: 'policy-json', json, bad }; // their stack ends before our limits
  }
}
const askJson = (c) => [{ op: 'text', text: JSON.stringify(c.json) }, { op: 'text', text: JSON.stringify(c.bad) }];
function compareJson(c, want, [text, bad]) {
  const again = text.ok && theirs.toJson(text.text);
  if (!text.ok || !isDeepStrictEqual(again && withoutId(again), withoutId(c.json))) return 'text of policy JSON';
  if (want !== bad.ok) return want && accidental(bad.text) ? 'stricter' : 'verdict on policy JSON';
  if (!want || JSON.stringify(c.bad).includes('__extn')) return null;
  const normal = theirs.toText(c.bad), theirJson = normal && theirs.toJson(normal); // the same meaning, by way of its text
  return theirJson && !isDeepStrictEqual(theirJson, theirs.toJson(bad.text)) ? 'meaning of policy JSON' : null;
}

// ---- schemas with mistakes ----

const SCHEMA_WORDS = ['namespace', 'entity', 'action', 'type', 'in', 'appliesTo', 'principal', 'resource', 'context', 'tags', 'enum', 'attributes', 'Set', 'Long', 'Bool', 'String', '__cedar', '__cedar::Long', 'decimal', 'ipaddr', 'U', 'V', 'A', 'T0',
  'Action', 'A::U', '"view"', '"x"', '""', '{', '}', '[', ']', '<', '>', '(', ')', ',', ';', ':', '::', '?', '=', '@doc', '@doc("x")', '.', '// c\n', '\u00a0', '\ufeff', '1', '-', 'if', 'has', 'like', 'true', 'Entity', 'Record', 'Extension', 'é'];
const SCHEMA_KEYS = ['entityTypes', 'actions', 'commonTypes', 'annotations', 'shape', 'memberOfTypes', 'tags', 'enum', 'memberOf', 'appliesTo', 'principalTypes', 'resourceTypes', 'context', 'type', 'name', 'element', 'attributes', 'required',
  'additionalAttributes', 'id', 'U', 'A', 'B::C', 'if', '__cedar', 'Long', 'T0'];
const SCHEMA_VALUES = ['U', 'A::U', 'Long', 'Set', 'Record', 'Entity', 'Extension', 'EntityOrCommon', 'decimal', 'ipaddr', 'Boolean', 'Bool', '__cedar::Long', 'Action', 'nosuch', '', 'x y', [], {}, null, true, false, 1, ['U'], { type: 'Long' },
  { type: 'Record', attributes: {} }, { type: 'Set' }, { type: 'Entity', name: 'U' }, { id: 'view' }];
const tokens = (text) => text.match(/"(?:\\.|[^"\\])*"|\/\/[^\n]*\n?|::|[A-Za-z_0-9]+|\s+|[^]/gu) || [];

function makeSchema() {
  const s = typed.makeSchema();
  if (chance(0.4)) {
    const root = { schema: typed.schemaJson(s) };
    for (let n = below(3); n > 0; n--) {
      const all = places(root.schema);
      if (all.length === 0) break;
      const [holder, key] = pick(all), other = () => { const [h, k] = pick(all); return structuredClone(h[k]); };
      switch (below(6)) {
        case 0: if (Array.isArray(holder)) holder.splice(key, 1); else delete holder[key]; break;
        case 1: holder[key] = structuredClone(pick(SCHEMA_VALUES)); break;
        case 2: holder[key] = other(); break;
        case 3: if (!Array.isArray(holder)) { holder[pick(SCHEMA_KEYS)] = holder[key]; delete holder[key]; } break;
        case 4: if (Array.isArray(holder)) holder.push(other()); else holder[pick(SCHEMA_KEYS)] = other(); break;
        default: if (!Array.isArray(holder)) holder[pick(SCHEMA_KEYS)] = structuredClone(pick(SCHEMA_VALUES));
      }
    }
    return { kind: 'schema-verdict', schema: root.schema };
  }
  const t = tokens(typed.schemaText(s));
  for (let n = below(4); n > 0; n--) {
    const at = below(t.length + 1);
    switch (below(5)) {
      case 0: t.splice(at, 1); break;
      case 1: t.splice(at, 0, pick(SCHEMA_WORDS)); break;
      case 2: t.splice(at, 1, pick(SCHEMA_WORDS)); break;
      case 3: if (at + 2 < t.length) [t[at], t[at + 2]] = [t[at + 2], t[at]]; break;
      default: { const from = below(t.length + 1); t.splice(at, 0, ...t.slice(from, from + 1 + below(8))); }
    }
  }
  return { kind: 'schema-verdict', schema: t.join('') };
}
const askSchema = (c) => [{ op: 'schema', text: typeof c.schema === 'string' ? c.schema : JSON.stringify(c.schema) }];
const compareSchema = (c, want, [got]) => (want.ok === got.ok ? null : 'verdict on schema');

// ---- all of them ----

const deciding = { ask: askDecide, theirs: theirs.decide, compare: compareDecide };
const KINDS = {
  schema: deciding, 'no-schema': deciding, untyped: deciding,
  values: { ask: askValues, theirs: theirValues, compare: compareValues },
  text: { ask: askText, theirs: theirText, compare: compareText },
  'policy-json': { ask: askJson, theirs: (c) => theirs.accepts(c.bad), compare: compareJson },
  'schema-verdict': { ask: askSchema, theirs: (c) => theirs.schema(c.schema), compare: compareSchema },
};

// Case number ${n} of the run from ${seed}.  Eight in a row are of one kind, and share a schema.
const GROUP = 8;
let group = null;
function make(seed, n) {
  const number = Math.floor(n / GROUP), random = new Random(mix(seed, n));
  if (group === null || group.number !== number || group.seed !== seed) group = makeGroup(seed, number);
  typed.seed(mix(seed, n, 2));
  if (group.r < 38) return makeDecide(group.schema);
  if (group.r < 52) return makeValues(group.schema);
  if (group.r < 64) return makeUntyped(random);
  if (group.r < 88) return makeText(random);
  if (group.r < 94) return makeJson(random);
  return makeSchema();
}
function makeGroup(seed, number) {
  const g = { seed, number, r: new Random(mix(seed, number, 3)).below(100) };
  if (g.r >= 52) return g;
  typed.seed(mix(seed, number, 4));
  const s = typed.makeSchema();
  g.schema = { s, given: g.r >= 28 ? null : g.r >= 20 ? typed.schemaText(s) : typed.schemaJson(s) };
  return g;
}
const mix = (...numbers) => numbers.reduce((h, n) => Math.imul(h ^ n, 0x9e3779b1) ^ (Math.imul(h ^ n, 0x9e3779b1) >>> 15), 0x2545f491);

module.exports = { KINDS, make };

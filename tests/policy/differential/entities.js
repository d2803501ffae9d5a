// Entities and requests for a schema of typed.js: graphs with holes, values at the ends of their
// types, explicit and schema-implied forms; now and then one that does not conform.
'use strict';
const { below, chance, pick, some, TEXTS, CALL } = require('./typed');

const LONGS = [0, 1, -1, 2, 42, -7, 86400000, 9007199254740991, -9007199254740991];
const STRINGS = ['', 'a', 'k', 'l', 'a*b', 'aab', '*', '\\', '\u{1F600}', '\u0000', 'e\u0301', 'é', '1.0'];

const uid = (type, id) => ({ type, id });
const idsOf = (t) => t.ids || ['u', 'v', ''];

// A value of the type.  ${bare}: entities and extension values may be written as the schema implies.
function value(s, t, bare, depth = 3) {
  switch (t.k) {
    case 'Bool': return chance(0.5);
    case 'Long': return pick(LONGS);
    case 'String': return pick(STRINGS);
    case 'Entity': { const e = uid(t.n, pick(idsOf(s.types.find((x) => x.full === t.n)))); return bare && chance(0.5) ? e : { __entity: e }; }
    case 'Action': { const a = pick(s.actions.filter((x) => x.type === t.n)), e = uid(a.type, a.id); return bare && chance(0.5) ? e : { __entity: e }; }
    case 'Set': return Array.from({ length: depth > 0 ? below(4) : 0 }, () => value(s, t.e, bare, depth - 1));
    case 'Record': return record(s, t, bare, depth);
    default: {
      const text = pick(TEXTS[t.k]);
      if (bare && chance(0.4)) return text;
      if (bare && chance(0.2)) return { fn: CALL[t.k], arg: text };
      return { __extn: { fn: CALL[t.k], arg: text } };
    }
  }
}
function record(s, t, bare, depth = 3) {
  const out = {};
  for (const [n, a] of Object.entries(t.a)) if (a.req || chance(0.6)) out[n] = value(s, a.t, bare, depth - 1);
  return out;
}

function makeEntities(s, bare) {
  const all = s.types.flatMap((t) => idsOf(t).map((id) => ({ t, id })));
  const there = some(all, 0.2 + 0.1 * below(8)).slice(0, 12);
  const out = there.map(({ t, id }, i) => {
    const e = { uid: uid(t.full, id), attrs: t.shape ? record(s, t.shape, bare) : {}, parents: [] };
    for (const p of t.parents || []) // mostly upwards, so that there is no cycle
      for (const id of some(['u', 'v', ''], 0.4)) {
        const at = there.findIndex((x) => x.t.full === p && x.id === id);
        if (at < 0 || at > i || chance(0.02)) e.parents.push(uid(p, id));
      }
    if (t.tags && chance(0.7)) e.tags = Object.fromEntries(some(['k', 'l', '', 'a'], 0.5).map((n) => [n, value(s, t.tags, bare)]));
    return e;
  });
  if (chance(0.05)) out.push(...some(s.actions, 0.5).map((a) => ({ uid: uid(a.type, a.id), attrs: {}, parents: a.parents.map((p) => uid(p.type, p.id)) })));
  if (!bare && chance(0.8)) { // without a schema the actions must be given
    for (const a of s.actions)
      if (!out.some((e) => e.uid.type === a.type && e.uid.id === a.id)) out.push({ uid: uid(a.type, a.id), attrs: {}, parents: a.parents.map((p) => uid(p.type, p.id)) });
  }
  return out;
}

function makeRequest(s, bare, given) {
  const live = s.actions.filter((a) => a.principals);
  const a = given ? given.action : live.length > 0 && chance(0.97) ? pick(live) : pick(s.actions);
  const one = (names) => {
    const name = names && chance(0.98) ? pick(names) : pick(s.types).full, t = s.types.find((x) => x.full === name);
    return uid(t.full, chance(0.99) ? pick(idsOf(t)) : 'nobody');
  };
  return { principal: one(given ? [given.principal] : a.principals), action: uid(a.type, chance(0.99) ? a.id : 'nosuch'), resource: one(given ? [given.resource] : a.resources), context: a.context ? record(s, a.context, bare) : {} };
}

// Every place of a tree, as [holder, key].
function places(node, out = []) {
  if (node && typeof node === 'object') for (const key of Object.keys(node)) { out.push([node, key]); places(node[key], out); }
  return out;
}
const WRONG = [null, true, false, 0, -1, 1, 'a', '', '1.0', '10.0.0.0/8', '2024-01-01', '1d', [], {}, [1, 'a'], { type: 'U', id: 'u' }, { __entity: { type: 'U', id: 'u' } }, { __entity: { type: 'A::U', id: 'v' } },
  { __extn: { fn: 'decimal', arg: '1.0' } }, { __extn: { fn: 'ip', arg: '1.2.3' } }, { __extn: { fn: 'datetime', arg: '2024-02-30' } }, { fn: 'duration', arg: '1h' }, { __extn: { fn: 'nosuch', arg: 'x' } },
  { type: 'Action', id: 'view' }, { type: 'Nosuch', id: '' }, { type: 'E', id: 'unlisted' }, 'x y'];

// One or two mistakes in a tree, in place.
function spoil(tree, keys) {
  for (let n = 1 + below(2); n > 0; n--) {
    const all = places(tree);
    if (all.length === 0) return;
    const [holder, key] = pick(all), other = () => { const [h, k] = pick(all); return structuredClone(h[k]); };
    switch (below(6)) {
      case 0: if (Array.isArray(holder)) holder.splice(key, 1); else delete holder[key]; break;
      case 1: case 2: holder[key] = structuredClone(pick(WRONG)); break;
      case 3: holder[key] = other(); break;
      case 4: if (Array.isArray(holder)) holder.push(other()); else holder[pick(keys)] = chance(0.5) ? other() : structuredClone(pick(WRONG)); break;
      default: if (!Array.isArray(holder)) { holder[pick(keys)] = holder[key]; delete holder[key]; } else holder.push(structuredClone(holder[key]));
    }
  }
}
const ENTITY_KEYS = ['uid', 'attrs', 'parents', 'tags', 'type', 'id', '__entity', '__extn', 'fn', 'arg', 'a', 'b', 'c', 'name', 'level', 'o', 'k', 'nosuch'];

module.exports = { makeEntities, makeRequest, places, spoil, ENTITY_KEYS };

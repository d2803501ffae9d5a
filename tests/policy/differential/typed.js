// Schemas and policies for them: most of them well-typed, some with one mistake, with branches that
// are never taken and with the guards that make an attribute known.
'use strict';

// ---- chance ----
let state = 1;
const seed = n => { state = n | 0; };
function random() { // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = n => Math.floor(random() * n);
const chance = p => random() < p;
const pick = list => list[below(list.length)];
const some = (list, p) => list.filter(() => chance(p));

// ---- schemas ----
const EXTENSIONS = ['decimal', 'ipaddr', 'datetime', 'duration'];
const ATTRIBUTES = ['a', 'b', 'c', 'name', 'level', 'o', 'if', 'x y'];
const texts = new WeakMap(); // of types, which do not change
function textOf(t) {
  let text = texts.get(t);
  if (text === undefined) texts.set(t, text = JSON.stringify(t));
  return text;
}
const same = (x, y) => x.k === y.k && textOf(x) === textOf(y);

function makeType(s, depth) {
  const r = random();
  if (r < 0.16) return { k: 'Bool' };
  if (r < 0.32) return { k: 'Long' };
  if (r < 0.46) return { k: 'String' };
  if (r < 0.56) return { k: pick(EXTENSIONS) };
  if (r < 0.76) return { k: 'Entity', n: pick(s.types).full };
  if (r < 0.79 && s.actions.length > 0) return { k: 'Action', n: pick(s.actions).type };
  if (depth === 0) return { k: 'Long' };
  if (r < 0.9) return { k: 'Set', e: makeType(s, depth - 1) };
  return makeRecord(s, depth - 1);
}
function makeRecord(s, depth) {
  const a = {};
  for (const n of some(ATTRIBUTES, 0.4).sort()) a[n] = { t: makeType(s, depth), req: chance(0.55) };
  return { k: 'Record', a };
}
const join = (space, name) => (space ? space + '::' + name : name);
function makeSchema() {
  const s = { spaces: pick([[''], [''], ['A'], ['', 'A'], ['A', 'B::C'], ['', 'A', 'B::C']]), types: [], actions: [] };
  for (const space of s.spaces)
    for (const n of some(['U', 'V', 'G', 'P', 'E'], 0.6))
      if (space === '' || !s.types.some(t => t.full === n)) s.types.push({ space, name: n, full: join(space, n) });
  if (s.types.length < 2)
    for (const n of ['U', 'P']) {
      const full = join(s.spaces[0], n);
      if (!s.types.some(t => t.full === full)) s.types.push({ space: s.spaces[0], name: n, full });
    }
  for (const space of s.spaces)
    for (const n of some(['view', 'edit', 'all', 'x y'], 0.5))
      if (space === '' || !s.actions.some(a => a.space === '' && a.id === n)) s.actions.push({ space, id: n, type: join(space, 'Action'), parents: [] });
  if (s.actions.length === 0) s.actions.push({ space: s.spaces[0], id: 'view', type: join(s.spaces[0], 'Action'), parents: [] });
  for (const t of s.types) {
    if (t.name === 'E' && chance(0.8)) { t.ids = ['r', 'g', 'b c'].slice(0, 1 + below(3)); continue; }
    t.shape = makeRecord(s, 2);
    if (chance(0.4)) t.tags = makeType(s, 1);
    t.parents = some(s.types.filter(g => g.ids === undefined), 0.3).map(g => g.full);
  }
  for (const t of s.types) if (t.parents) t.parents = t.parents.filter(n => s.types.find(g => g.full === n).ids === undefined);
  s.actions.forEach((a, i) => {
    a.parents = some(s.actions.slice(0, i), 0.3);
    if (chance(0.85)) {
      a.principals = some(s.types, 0.4).map(t => t.full);
      a.resources = some(s.types, 0.4).map(t => t.full);
      if (a.principals.length === 0) a.principals = [pick(s.types).full];
      if (a.resources.length === 0) a.resources = [pick(s.types).full];
      a.context = makeRecord(s, 2);
    }
  });
  for (const t of s.types) t.up = above(s, t);
  return s;
}
function above(s, t) {
  const seen = new Set(), walk = x => { for (const n of x.parents || []) if (!seen.has(n)) { seen.add(n); walk(s.types.find(g => g.full === n)); } };
  walk(t);
  return seen;
}
const key = n => (/^[a-z]+$/.test(n) && n !== 'if' ? n : JSON.stringify(n));
// The ways to say the same that are used now and then: short names, one in place of a list, annotations.
let varied = false, here = '';
const near = n => (varied && here !== '' && n.startsWith(here + '::') && chance(0.4) ? n.slice(here.length + 2) : n);
const note = () => (varied && chance(0.08) ? pick(['@doc("x") ', '@if ', '@a("\\u{1F600}")\n', '// c\n', '@a @b("") ']) : '');
const list = names => (varied && names.length === 1 && chance(0.5) ? names[0] : `[${names.join(', ')}]`);

// Types that are given a name in the namespace that is being written, or null: none are.
let commons = null;
function typeText(t, inner = true) {
  if (inner && commons && chance(0.25)) {
    const text = typeText(t, false);
    commons.push(text);
    return commons.prefix + commons.indexOf(text);
  }
  if (t.k === 'Entity' || t.k === 'Action') return near(t.n);
  if (t.k === 'Set') return `Set<${typeText(t.e)}>`;
  if (t.k === 'Record') return `{${Object.entries(t.a).map(([n, x]) => `${note()}${key(n)}${x.req ? '' : '?'}: ${typeText(x.t)}`).join(', ')}${varied && t.a.a && chance(0.1) ? ',' : ''}}`;
  return (commons && chance(0.5) ? '' : '__cedar::') + t.k;
}
function entityText(t) {
  if (t.ids) return `${note()}entity ${t.name} enum [${t.ids.map(i => JSON.stringify(i)).join(', ')}];`;
  const shape = typeText(t.shape, false);
  return `${note()}entity ${t.name}${t.parents.length ? ` in ${list(t.parents.map(near))}` : ''}${shape === '{}' && varied ? '' : `${varied && chance(0.3) ? ' ' : ' = '}${shape}`}${t.tags ? ` tags ${typeText(t.tags)}` : ''};`;
}
function declaredAction(a) {
  const name = varied && /^[a-z]+$/.test(a.id) && chance(0.5) ? a.id : JSON.stringify(a.id);
  const parent = p => (varied && p.space === here && chance(0.5) ? JSON.stringify(p.id) : `${p.type}::${JSON.stringify(p.id)}`);
  const parts = a.principals && [`principal: ${list(a.principals.map(near))}`, `resource: ${list(a.resources.map(near))}`, `context: ${typeText(a.context)}`];
  return `${note()}action ${name}${a.parents.length ? ` in ${list(a.parents.map(parent))}` : ''}${parts ? ` appliesTo {${parts.join(', ')}${varied && chance(0.2) ? ',' : ''}}` : ''};`;
}
function schemaText(s) {
  const named = chance(0.5);
  varied = chance(0.5);
  return s.spaces.map(space => {
    here = space;
    commons = named ? Object.assign([], { prefix: space ? 'T' : 'S' }) : null; // none may hide one of the empty namespace
    const lines = [...s.types.filter(t => t.space === space).map(entityText), ...s.actions.filter(a => a.space === space).map(declaredAction)];
    for (const text of new Set(commons || [])) lines.push(`type ${commons.prefix}${commons.indexOf(text)} = ${text};`);
    commons = null;
    return space ? `${note()}namespace ${space} {\n${lines.join('\n')}\n}` : lines.join('\n');
  }).join('\n');
}
// The same in JSON.
function typeJson(t) {
  switch (t.k) {
    case 'Bool': return { type: 'Boolean' };
    case 'Long': case 'String': return { type: t.k };
    case 'Entity': case 'Action': return { type: chance(0.2) ? 'EntityOrCommon' : 'Entity', name: t.n };
    case 'Set': return { type: 'Set', element: typeJson(t.e) };
    case 'Record': return { type: 'Record', attributes: Object.fromEntries(Object.entries(t.a).map(([n, x]) => [n, { ...typeJson(x.t), ...(x.req && chance(0.7) ? {} : { required: x.req }) }])) };
    default: return { type: 'Extension', name: t.k };
  }
}
function schemaJson(s) {
  const out = {};
  for (const space of s.spaces) {
    const o = out[space] = { entityTypes: {}, actions: {} };
    for (const t of s.types.filter(x => x.space === space))
      o.entityTypes[t.name] = t.ids ? { enum: t.ids } : { memberOfTypes: t.parents, shape: typeJson(t.shape), ...(t.tags ? { tags: typeJson(t.tags) } : {}) };
    for (const a of s.actions.filter(x => x.space === space))
      o.actions[a.id] = { memberOf: a.parents.map(p => (p.space === space ? { id: p.id } : { type: p.type, id: p.id })),
        ...(a.principals ? { appliesTo: { principalTypes: a.principals, resourceTypes: a.resources, context: typeJson(a.context) } } : {}) };
  }
  return out;
}

// ---- expressions ----
// Everything that can be reached: text, type, and the guards that it needs.
function reach(g, text, type, guards, depth, out) {
  out.push({ text, type, guards });
  if (depth === 0) return;
  const t = type.k === 'Entity' ? g.s.types.find(x => x.full === type.n) : null;
  const shape = type.k === 'Record' ? type : t && t.shape;
  for (const [n, a] of Object.entries(shape ? shape.a : {})) {
    const member = key(n) === n && !chance(0.05) ? `${text}.${n}` : `${text}[${JSON.stringify(n)}]`;
    const guard = a.req ? [] : [`${text} has ${key(n)}`];
    reach(g, member, a.t, guards.concat(guard), depth - 1, out);
  }
  if (t && t.tags && chance(0.6)) {
    const k = pick(['"k"', '"l"', '(if true then "k" else "l")']);
    reach(g, `${text}.getTag(${k})`, t.tags, guards.concat([`${text}.hasTag(${k})`]), depth - 1, out);
  }
}
function paths(g) {
  const out = [];
  reach(g, 'principal', { k: 'Entity', n: g.principal }, [], 2, out);
  reach(g, 'resource', { k: 'Entity', n: g.resource }, [], 2, out);
  reach(g, 'context', g.action.context, [], 3, out);
  out.push({ text: 'action', type: { k: 'Action', n: g.action.type }, guards: [] });
  for (let i = 0; i < 2; i++) {
    const t = pick(g.s.types);
    reach(g, uidOf(t), { k: 'Entity', n: t.full }, [], 1, out);
  }
  return out;
}
const uidOf = t => `${t.full}::${JSON.stringify(t.ids ? pick(t.ids) : pick(['u', 'v', '']))}`;
const actionText = a => `${a.type}::${JSON.stringify(a.id)}`;
const LONGS = ['0', '1', '-1', '2', '-7', '9223372036854775807', '-9223372036854775808', '-9223372036854775807', '4611686018427387904', '3037000500', '86400000', '42', '24', '60', '1000', '1440'];
// The ends of each type among them.
const TEXTS = {
  decimal: ['1.0', '-0.5', '12.3456', '0.0', '-0.0', '1.00', '922337203685477.5807', '-922337203685477.5808', '-0.0001'],
  ipaddr: ['1.2.3.4', '10.0.0.0/8', '10.1.2.3', '10.0.0.0/9', '0.0.0.0/0', '1.2.3.4/32', '127.0.0.1', '127.0.0.0/7', '224.0.0.1', '239.255.255.255/4', '255.255.255.255',
    '::1', '::/0', '::1/128', 'ff00::/8', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::/32', '::ffff:0:0'],
  datetime: ['2024-01-01', '1969-12-31T23:59:59Z', '1970-01-01', '1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00.001Z', '2024-02-29', '2000-02-29T12:00:00+1400', '1900-02-28T23:59:59-2359',
    '2100-03-01', '0000-01-01', '9999-12-31T23:59:59.999Z', '1970-01-01T00:00:00+0001'],
  duration: ['1d', '1h', '60m', '3600s', '24h', '-1h30m', '5ms', '0ms', '-1ms', '1d2h3m4s5ms', '-23h59m59s999ms', '9223372036854775807ms', '-9223372036854775808ms', '106751991167d7h12m55s807ms', '-1d'],
};
const STRINGS = ['a', '', 'k', '\\u{1F600}', '\\u{0}', '*', 'a*b', 'ab', 'aab', '\\\\', '1.0', 'e\\u{301}', 'é'].map(x => `"${x}"`);
const PATTERNS = ['*', 'a*b', '\\*', '', '**', '*a*', '\\u{0}*', '*\\u{1F600}', 'a\\**', '*\\*b', 'a**b', '\\\\*', '*e'].map(x => `"${x}"`);
const CALL = { decimal: 'decimal', ipaddr: 'ip', datetime: 'datetime', duration: 'duration' };
const BAD = { decimal: '1', ipaddr: '1.2.3', datetime: '2024-13-01', duration: '1x' };

function literal(g, t, d) {
  switch (t.k) {
    case 'Bool': return pick(['true', 'false', '(true && true)', '(false || true)']);
    case 'Long': return pick(LONGS);
    case 'String': return pick(STRINGS);
    case 'Entity': return uidOf(g.s.types.find(x => x.full === t.n));
    case 'Action': return actionText(pick(g.s.actions.filter(a => a.type === t.n)));
    case 'Set': return `[${Array.from({ length: 1 + below(3) }, () => gen(g, t.e, d - 1)).join(', ')}]`;
    case 'Record': {
      // A literal has all its attributes, so it is of a type with optional ones only in part.
      const fields = Object.entries(t.a).map(([n, a]) => `${key(n)}: ${gen(g, a.t, d - 1)}`);
      if (chance(0.3)) fields.reverse();
      return `{${fields.join(', ')}}`;
    }
    default: return `${CALL[t.k]}(${JSON.stringify(pick(TEXTS[t.k]))})`;
  }
}
const hasOptional = t => t.k === 'Record' ? Object.values(t.a).some(a => !a.req || hasOptional(a.t)) : t.k === 'Set' && hasOptional(t.e);
function anyType(g, d) {
  const t = makeType(g.s, d);
  return hasOptional(t) ? { k: 'Long' } : t;
}

// One mistake somewhere: a countdown of nodes.
function mistake(g, t, d) {
  switch (below(12)) {
    case 0: return '[]';
    case 1: return gen(g, anyType(g, 1), d);
    case 2: return `${pick(paths(g)).text}.nosuch`;
    case 3: return pick(paths(g)).text;
    case 4: return `${pick(EXTENSIONS.map(e => CALL[e]))}("bad")`;
    case 5: return `Nosuch::"x"`;
    case 6: return `${pick(g.s.types).full}::"unlisted"`;
    case 7: return `${pick(g.s.actions).type}::"nosuch"`;
    case 8: return `[${gen(g, anyType(g, 1), d - 1)}, ${gen(g, anyType(g, 1), d - 1)}]`;
    case 9: { const e = pick(EXTENSIONS); return `${CALL[e]}(${chance(0.5) ? JSON.stringify(BAD[e]) : '(if context == context then "1" else "2")'})`; }
    case 10: { const p = pick(paths(g)); return `${p.text}.getTag("k")`; }
    default: return `(if ${gen(g, { k: 'Bool' }, d - 1)} then ${gen(g, t, d - 1)} else ${gen(g, anyType(g, 1), d - 1)})`;
  }
}
function gen(g, t, d) {
  if (g.until-- === 0) return mistake(g, t, Math.max(d, 1));
  if (d <= 0) return leaf(g, t, d);
  const r = random();
  if (t.k === 'Bool' && r < 0.75) return bool(g, d);
  if (r < 0.4) return leaf(g, t, d);
  if (r < 0.5) return `(if ${gen(g, { k: 'Bool' }, d - 1)} then ${gen(g, t, d - 1)} else ${gen(g, t, d - 1)})`;
  if (r < 0.56) return `{a: ${gen(g, t, d - 1)}, b: ${gen(g, anyType(g, 0), d - 2)}}.a`;
  if (r < 0.62) return dead(g, t, d);
  return operation(g, t, d);
}
function leaf(g, t, d) {
  const there = g.paths.filter(p => same(p.type, t) && p.guards.every(x => g.known.has(x)));
  if (there.length > 0 && chance(0.75)) return pick(there).text;
  return hasOptional(t) && there.length > 0 ? pick(there).text : literal(g, t, d);
}
const garbage = g => pick(['[]', '1 + "a"', '1', 'ip("x")', 'principal.nosuch', '[1, "a"]', 'context.nosuch.x', '(1 == "a")', 'true', 'principal.getTag("q")', '"a" like "b"']);
function dead(g, t, d) {
  const yes = pick(['true', `(principal is ${g.principal})`, '(1 == 1)', '(true || 1)', `(action is ${g.action.type})`, `(action == ${actionText(g.action)})`, `(action in ${actionText(g.action)})`, '!false', '(context has nosuch || true)']);
  const no = pick(['false', `(principal is ${pick(g.s.types).full})`, '(1 == 2)', '(false && [])', '!true', `(action == ${actionText(pick(g.s.actions))})`, '(context has nosuch)', `(principal in ${uidOf(pick(g.s.types))})`, `(resource == ${uidOf(pick(g.s.types))})`, `(action in [${actionText(pick(g.s.actions))}])`, 'action.hasTag("x")']);
  return chance(0.5) ? `(if ${yes} then ${gen(g, t, d - 1)} else ${garbage(g)})` : `(if ${no} then ${garbage(g)} else ${gen(g, t, d - 1)})`;
}
function operation(g, t, d) {
  switch (t.k) {
    case 'Long': return pick([
      () => `(${gen(g, t, d - 1)} ${pick(['+', '-', '*'])} ${gen(g, t, d - 1)})`,
      () => `-(${gen(g, t, d - 1)})`,
      () => `${gen(g, { k: 'duration' }, d - 1)}.${pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`])();
    case 'datetime': return chance(0.5) ? `${gen(g, t, d - 1)}.offset(${gen(g, { k: 'duration' }, d - 1)})` : `${gen(g, t, d - 1)}.toDate()`;
    case 'duration': return chance(0.5) ? `${gen(g, { k: 'datetime' }, d - 1)}.durationSince(${gen(g, { k: 'datetime' }, d - 1)})` : `${gen(g, { k: 'datetime' }, d - 1)}.toTime()`;
    default: return leaf(g, t, d);
  }
}
const BOOL = { k: 'Bool' };
// A guard and something that needs it, in many forms, the wrong ones among them.
function guarded(g, d) {
  const needy = g.paths.filter(p => p.guards.some(x => !g.known.has(x)));
  if (needy.length === 0) return `(${gen(g, BOOL, d - 1)} && ${gen(g, BOOL, d - 1)})`;
  const p = pick(needy), fresh = p.guards.filter(x => !g.known.has(x));
  let guard = fresh.join(' && ');
  const m = /^([a-z.]+)((?:\.[a-z]+)+)$/.exec(p.text);
  if (m && chance(0.3)) { // the extended form
    const parts = p.text.split('.'), cut = 1 + below(parts.length - 1);
    if (parts.slice(cut).every(x => /^[a-z]+$/.test(x) && x !== 'if' && x !== 'in' && x !== 'is')) guard = `${parts.slice(0, cut).join('.')} has ${parts.slice(cut).join('.')}`;
  }
  const before = g.known;
  const inside = () => { g.known = new Set([...before, ...fresh]); g.fresh = p; const x = use(g, p, d - 1); g.known = before; return x; };
  const outside = () => gen(g, BOOL, d - 1);
  switch (below(16)) {
    case 0: return `(if ${guard} then ${inside()} else ${outside()})`;
    case 1: return `((${guard} || ${guard}) && ${inside()})`;
    case 2: return `(${guard} && ${outside()} && ${inside()})`;
    case 3: return `((${outside()} && ${guard}) && ${inside()})`;
    case 4: return `(${outside()} && (${guard} && ${inside()}))`;
    case 5: return `((if ${outside()} then ${guard} else (${guard})) && ${inside()})`;
    case 6: return `((if ${guard} then ${outside()} else ${pick(['false', guard, outside()])}) && ${inside()})`;
    case 7: return `(!(${guard}) || ${inside()})`;
    case 8: return `((${guard} || ${outside()}) && ${inside()})`;
    case 9: return `((${guard} || ${pick(['false', '(1 == 2)'])}) && ${inside()})`;
    case 10: return `((${pick(['true', '(1 == 1)', 'context has nosuch'])} && ${guard}) && ${inside()})`;
    case 11: return `((${outside()} || (${guard})) && ${inside()})`;
    case 12: return `(${guard} && (${guard} || []) && ${inside()})`;
    case 13: return `(${guard}) && (if ${outside()} then ${inside()} else ${inside()})`.replace(/^/, '(') + ')';
    default: return `(${guard} && ${inside()})`;
  }
}
function use(g, p, d) {
  const t = p.type;
  if (t.k === 'Bool') return p.text;
  if (chance(0.5) && !hasOptional(t)) return `${p.text} ${pick(['==', '!='])} ${gen(g, t, d)}`.replace(/^(.*)$/s, '($1)');
  if (t.k === 'Set') return `${p.text}.isEmpty()`;
  return `(${p.text} == ${p.text})`;
}
function bool(g, d) {
  const any = () => gen(g, BOOL, d - 1);
  const typed = k => gen(g, { k }, d - 1);
  const entity = () => gen(g, { k: 'Entity', n: pick(g.s.types).full }, d - 1);
  switch (below(26)) {
    case 0: case 1: return `(${any()} && ${any()}${chance(0.3) ? ` && ${any()}` : ''})`;
    case 2: return `(${any()} || ${any()}${chance(0.3) ? ` || ${any()}` : ''})`;
    case 3: return `!(${any()})`;
    case 4: { const k = pick(['Long', 'Long', 'datetime', 'duration']); return `(${typed(k)} ${pick(['<', '<=', '>', '>='])} ${typed(k)})`; }
    case 5: { const t = anyType(g, 2); return `(${gen(g, t, d - 1)} ${pick(['==', '!='])} ${gen(g, t, d - 1)})`; }
    case 6: return `(${entity()} ${pick(['==', '!='])} ${entity()})`;
    case 7: return `(${entity()} in ${entity()})`;
    case 8: { const n = pick(g.s.types).full; return `(${entity()} in ${gen(g, { k: 'Set', e: { k: 'Entity', n } }, d - 1)})`; }
    case 9: return `(${entity()} is ${pick(g.s.types).full}${chance(0.4) ? ` in ${entity()}` : ''})`;
    case 10: return `(action ${pick(['==', 'in', '!='])} ${actionText(pick(g.s.actions))})`;
    case 11: { const list = some(g.s.actions, 0.4); return `(${chance(0.7) ? 'action' : actionText(pick(g.s.actions))} in [${(list.length ? list : [g.action]).map(actionText).join(', ')}])`; }
    case 12: return `(${typed('String')} like ${pick(PATTERNS)})`;
    case 13: { const e = anyType(g, 1); return `${gen(g, { k: 'Set', e }, d - 1)}.contains(${gen(g, e, d - 1)})`; }
    case 14: { const t = { k: 'Set', e: anyType(g, 1) }; return `${gen(g, t, d - 1)}.${pick(['containsAll', 'containsAny'])}(${gen(g, t, d - 1)})`; }
    case 15: return `${gen(g, { k: 'Set', e: anyType(g, 1) }, d - 1)}.isEmpty()`;
    case 16: return `${typed('decimal')}.${pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${typed('decimal')})`;
    case 17: return chance(0.5) ? `${typed('ipaddr')}.${pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()` : `${typed('ipaddr')}.isInRange(${typed('ipaddr')})`;
    case 18: return `(${pick(g.paths.filter(p => p.guards.length === 0 && (p.type.k === 'Entity' || p.type.k === 'Record'))).text} has ${pick(['a', 'b', 'name', 'nosuch', '"x y"', 'o.a', 'a.b', 'o.nosuch.c'])})`;
    case 19: return `${entity()}.hasTag(${pick(['"k"', '"l"', typed('String')])})`;
    case 20: return dead(g, BOOL, d);
    default: return guarded(g, d);
  }
}

// ---- policies ----
function scopeOf(g, variable, type, r) {
  const t = g.s.types.find(x => x.full === type), other = pick(g.s.types);
  const up = t.up.size > 0 ? pick([...t.up]) : type;
  const group = chance(0.8) ? g.s.types.find(x => x.full === up) : other;
  if (r < 0.45) return `${variable} is ${chance(0.95) ? type : other.full}`;
  if (r < 0.6) return `${variable} == ${uidOf(chance(0.9) ? t : other)}`;
  if (r < 0.7) return `${variable} in ${uidOf(group)}`;
  if (r < 0.8) return `${variable} is ${type} in ${uidOf(group)}`;
  return variable;
}
function actionScope(g) {
  const r = random(), list = some(g.s.actions, 0.3);
  if (r < 0.7) return `action == ${actionText(g.action)}`;
  if (r < 0.8) return `action in ${actionText(pick(g.s.actions))}`;
  if (r < 0.86) return `action in [${[g.action, ...list].map(actionText).join(', ')}]`;
  if (r < 0.87) return 'action in []';
  if (r < 0.88) return `action == ${g.action.type}::"nosuch"`;
  return 'action';
}
// Who may ask what: an action, and types of principal and resource that it applies to.
function makeSituation(s) {
  const live = s.actions.filter(a => a.principals);
  const a = live.length > 0 && chance(0.98) ? pick(live) : pick(s.actions);
  return { action: a.context ? a : { ...a, context: { k: 'Record', a: {} } }, principal: a.principals ? pick(a.principals) : pick(s.types).full, resource: a.resources ? pick(a.resources) : pick(s.types).full };
}
// One policy for a situation of its own, or, with every answer to be seen, for the one that is given.
function makePolicy(s, given) {
  const g = { s, ...(given || makeSituation(s)), known: new Set(), until: chance(0.2) ? below(25) : -1 };
  g.paths = paths(g);
  const clauses = n => Array.from({ length: n }, () => `${chance(0.8) ? 'when' : 'unless'} { ${gen(g, BOOL, 1 + below(4))} }`).join(' ');
  if (given) return `permit (principal, action, resource) ${clauses(1)};`;
  return `${chance(0.7) ? 'permit' : 'forbid'} (${scopeOf(g, 'principal', g.principal, random())}, ${actionScope(g)}, ${scopeOf(g, 'resource', g.resource, random())}) ${clauses(chance(0.1) ? 0 : 1 + below(2))};`;
}

// An expression of any type, for a situation.
function makeExpression(s, situation) {
  const g = { s, ...situation, known: new Set(), until: chance(0.2) ? below(25) : -1 };
  g.paths = paths(g);
  return gen(g, chance(0.5) ? { k: pick(['Long', 'datetime', 'duration', 'Bool']) } : anyType(g, 2), 1 + below(4));
}

module.exports = { seed, below, chance, pick, some, TEXTS, CALL, makeSchema, schemaText, schemaJson, makeSituation, makePolicy, makeExpression };

// A case made as small as it can be while it still differs in the same way.
'use strict';
const { places } = require('./entities');

// The list with as many elements taken out as ${bad} allows.
async function fewer(list, bad) {
  for (let size = Math.max(1, list.length >> 1); size > 0; size = size > 1 ? size >> 1 : 0)
    for (let at = 0; at < list.length;) {
      const less = list.slice(0, at).concat(list.slice(at + size));
      if (await bad(less)) list = less; else at += size;
    }
  return list;
}
const pieces = (text) => text.match(/"(?:\\.|[^"\\])*"|[A-Za-z_0-9]+|\s+|[^]/gu) || [];

async function shorter(text, bad) {
  text = (await fewer(pieces(text), (t) => bad(t.join('')))).join('');
  return (await fewer([...text], (t) => bad(t.join('')))).join('');
}
// A tree with members taken out, the outer ones first.
async function sparser(tree, bad) {
  for (let again = true; again;) {
    again = false;
    for (let i = 0; i < places(tree).length; i++) {
      const less = structuredClone(tree), [holder, key] = places(less)[i];
      if (Array.isArray(holder)) holder.splice(key, 1); else delete holder[key];
      if (await bad(less)) { tree = less; again = true; i--; }
    }
  }
  return tree;
}

async function shrink(c, differs) {
  const aspect = await differs(c);
  let left = 4000; // tries
  const bad = async (x) => left-- > 0 && (await differs(x)) === aspect;
  for (const key of Object.keys(c)) {
    const put = (v) => ({ ...c, [key]: v });
    if (key === 'kind') continue;
    if (['policies', 'expressions', 'requests'].includes(key)) c = put(await fewer(c[key], (v) => v.length > 0 && bad(put(v))));
    if (key === 'policies' || key === 'expressions') {
      for (let i = 0; i < c[key].length; i++) {
        const at = (t) => ({ ...c, [key]: c[key].map((p, k) => (k === i ? t : p)) });
        c = at(await shorter(c[key][i], (t) => bad(at(t))));
      }
    } else if (typeof c[key] === 'string') c = put(await shorter(c[key], (t) => bad(put(t))));
    else if (c[key] && typeof c[key] === 'object') c = put(await sparser(c[key], (v) => bad(put(v))));
  }
  return c;
}

module.exports = { shrink };

// Random policies, as lists of tokens, and random text from tokens.  Everything comes from one
// seed, so that a case can be made again.
class Random {
  constructor(seed) { this.state = seed >>> 0; }
  next() { // mulberry32
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n) { return Math.floor(this.next() * n); }
  chance(p) { return this.next() < p; }
  one(list) { return list[this.below(list.length)]; }
}

const KEYWORDS = ['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar'];
const NAMES = ['a', 'b', 'name', 'owner', 'principal', 'action', 'resource', 'context', 'permit', 'forbid', 'when', 'unless',
  '_x', 'A1', 'organizationalUnit', 'classificationOfTheProgramme', 'attributeWithAnUncommonlyLongName', 'is_', 'iff', 'In'];
const TYPES = ['User', 'Group', 'Photo', 'Action', 'a', 'U_2', 'OrganizationalUnitOfTheSite'];
const METHODS = { contains: 1, containsAll: 1, containsAny: 1, isEmpty: 0, hasTag: 1, getTag: 1, lessThan: 1, lessThanOrEqual: 1, greaterThan: 1,
  greaterThanOrEqual: 1, isIpv4: 0, isIpv6: 0, isLoopback: 0, isMulticast: 0, isInRange: 1, offset: 1, durationSince: 1, toDate: 0, toTime: 0,
  toMilliseconds: 0, toSeconds: 0, toMinutes: 0, toHours: 0, toDays: 0 };
const FUNCTIONS = { ip: ['127.0.0.1', '::1/64', 'bad'], decimal: ['1.0', '-0.0001', 'x'], datetime: ['2024-10-15', '1969-12-31T23:59:59Z'], duration: ['1d', '-2h30m', ''] };
const NUMBERS = ['0', '1', '2', '007', '42', '1000000', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '00', '123456789012'];
const PIECES = ['a', 'b', ' ', 'x y', 'lorem ipsum dolor sit amet', '\\n', '\\r', '\\t', '\\0', '\\\\', '\\"', "\\'", '\\x41', '\\x7f', '\\u{41}', '\\u{1F600}', '\\u{e9}',
  '*', '//', "'", 'é', 'ß', '日本', '\u{1F600}', '{', '\u00a0', 'e\u0301'];
const BAD_PIECES = ['\\*', '\\q', '\\x80', '\\x4', '\\u{110000}', '\\u{d800}', '\\u{}', '\\u{1234567}', '\\u41', '\\u{4_1}', '\\u{_41}', '\\u{41_}', '\\u{ 41}', '\n', '\r', '\t', '\\\n'];

class Generator {
  constructor(random, options = {}) {
    this.r = random;
    this.o = { wild: 0.01, depth: 4, size: 60, ...options };
    this.left = 0; // terms that may still come; then only small ones
  }
  wild() { return this.r.chance(this.o.wild); }
  name() { return this.wild() ? this.r.one(KEYWORDS) : this.r.one(NAMES); }
  string(pattern) {
    let s = '';
    for (let n = this.r.below(this.r.chance(0.2) ? 8 : 3); n > 0; n--) s += this.wild() ? this.r.one(BAD_PIECES) : this.r.one(PIECES);
    if (pattern && this.r.chance(0.3)) s += '\\*';
    return `"${s}"`;
  }
  path() {
    const t = [];
    for (let n = this.r.chance(0.3) ? this.r.below(3) : 0; n > 0; n--) t.push(this.r.one(TYPES), '::');
    t.push(this.wild() ? this.r.one(KEYWORDS) : this.r.one(TYPES));
    return t;
  }
  uid() { return [...this.path(), '::', this.string()]; }
  action() { const t = this.uid(); t[t.length - 3] = this.wild() ? 'Other' : 'Action'; return t; }
  list(count, item, trailing = 0.1) {
    const t = [];
    for (let i = 0; i < count; i++) t.push(...(i > 0 ? [','] : []), ...item());
    if (count > 0 ? this.r.chance(trailing) : this.wild()) t.push(',');
    return t;
  }
  primary(d) {
    const r = this.r;
    this.left--;
    const k = d <= 0 || this.left <= 0 ? r.below(7) : r.below(13);
    switch (k) {
      case 0: return [r.one(['true', 'false'])];
      case 1: return [this.wild() ? r.one(NUMBERS) : r.one(NUMBERS.slice(0, 7))];
      case 2: return [this.string()];
      case 3: case 4: return [this.wild() ? this.name() : r.one(['principal', 'action', 'resource', 'context'])];
      case 5: return this.uid();
      case 6: { const f = r.one(Object.keys(FUNCTIONS)); return [f, '(', ...(this.wild() ? this.list(r.below(3), () => this.expression(0)) : [`"${r.one(FUNCTIONS[f])}"`]), ')']; }
      case 7: return ['[', ...this.list(r.below(4), () => this.expression(d - 1)), ']'];
      case 8: { let i = 0; return ['{', ...this.list(r.below(4), () => [this.field(i++), ':', ...this.expression(d - 1)]), '}']; }
      case 9: { const f = r.one(Object.keys(FUNCTIONS)); return [f, '(', ...this.list(1, () => this.expression(d - 1)), ')']; }
      default: return ['(', ...this.expression(d - 1), ')'];
    }
  }
  field(i) {
    if (this.r.chance(0.3)) return this.wild() ? this.string() : `"k${i}"`;
    return this.wild() ? this.name() : this.r.one(NAMES) + i;
  }
  member(d) {
    const r = this.r;
    const t = this.primary(d);
    let n = this.left > 0 && r.chance(0.4) ? 1 + r.below(r.chance(0.2) ? 6 : 3) : 0;
    for (; n > 0; n--) {
      const k = r.below(5);
      if (k < 2) t.push('.', this.name());
      else if (k === 2) t.push('[', ...(this.wild() ? this.expression(1) : [this.string()]), ']');
      else {
        const m = this.wild() ? this.name() : r.one(Object.keys(METHODS));
        const count = (METHODS[m] ?? 1) + (this.wild() ? r.below(3) - 1 : 0);
        t.push('.', m, '(', ...this.list(Math.max(0, count), () => this.expression(d - 1)), ')');
      }
    }
    return t;
  }
  unary(d) {
    const r = this.r;
    if (!r.chance(0.15)) return this.member(d);
    const sign = r.one(['!', '-']);
    const n = r.chance(0.7) ? 1 : 1 + r.below(this.wild() ? 6 : 4);
    const t = Array(n).fill(sign);
    if (this.wild()) t.push(r.one(['!', '-']));
    return sign === '-' && r.chance(0.3) ? [...t, r.one(['9223372036854775808', '9223372036854775807', '1', '0'])] : [...t, ...this.member(d)];
  }
  chain(d, n, signs, item) {
    const t = item(d);
    for (; n > 0 && this.left > 0; n--) t.push(this.r.one(signs), ...item(d));
    return t;
  }
  product(d) { return this.chain(d, this.r.chance(0.08) ? 1 + this.r.below(3) : 0, this.wild() ? ['*', '/', '%'] : ['*'], (x) => this.unary(x)); }
  sum(d) { return this.chain(d, this.r.chance(0.12) ? 1 + this.r.below(3) : 0, ['+', '-'], (x) => this.product(x)); }
  relation(d) {
    const r = this.r;
    const t = this.sum(d);
    if (!r.chance(0.5)) return t;
    switch (r.below(9)) {
      case 0: return [...t, 'has', ...(r.chance(0.3) ? [this.string()] : this.chain(0, r.chance(0.4) ? 1 + r.below(3) : 0, ['.'], () => [this.name()]))];
      case 1: return [...t, 'like', ...(this.wild() ? this.sum(1) : [this.string(true)])];
      case 2: return [...t, 'is', ...(this.wild() ? this.sum(1) : this.path()), ...(r.chance(0.4) ? ['in', ...this.sum(d - 1)] : [])];
      default: {
        t.push(r.one(this.wild() ? ['='] : ['==', '!=', '<', '<=', '>', '>=', 'in']), ...this.sum(d));
        if (this.wild()) t.push(r.one(['==', '<', 'in', 'has', 'like', 'is']), ...this.sum(d));
        return t;
      }
    }
  }
  and(d) { return this.chain(d, this.r.chance(0.25) ? 1 + this.r.below(3) : 0, ['&&'], (x) => this.relation(x)); }
  or(d) { return this.chain(d, this.r.chance(0.15) ? 1 + this.r.below(3) : 0, ['||'], (x) => this.and(x)); }
  expression(d = this.o.depth) {
    if (d > 0 && this.left > 0 && this.r.chance(0.1)) return ['if', ...this.expression(d - 1), 'then', ...this.expression(d - 1), 'else', ...this.expression(d - 1)];
    return this.or(d);
  }
  scope(v) {
    const r = this.r;
    const entity = () => (v === 'action' ? this.action() : this.uid());
    const wrap = (t) => (r.chance(0.05) ? ['(', ...t, ')'] : t);
    const t = [this.wild() ? this.name() : v];
    if (this.wild()) t.push(':', ...this.path());
    if (this.wild()) return [...t, r.one(['==', 'in', '<', '=', 'is', 'has']), ...this.relation(2)];
    switch (r.below(v === 'action' && !this.wild() ? 6 : 8)) {
      case 0: case 1: return t;
      case 2: return [...t, '==', ...wrap(entity())];
      case 3: return [...t, 'in', ...wrap(entity())];
      case 4: return v === 'action' || this.wild() ? [...t, 'in', '[', ...this.list(r.below(4), entity), ']'] : t;
      case 5: return t;
      case 6: return [...t, 'is', ...this.path()];
      default: return [...t, 'is', ...this.path(), this.wild() ? '==' : 'in', ...wrap(entity())];
    }
  }
  annotation(i) {
    const t = ['@', this.wild() ? this.r.one(KEYWORDS) : (this.wild() ? 'note' : this.r.one([...NAMES, ...KEYWORDS]) + i)];
    if (this.r.chance(0.8)) t.push('(', this.wild() ? this.name() : this.string(), ')');
    return t;
  }
  policy() {
    const r = this.r;
    const t = [];
    this.left = r.below(this.o.size);
    for (let n = r.chance(0.3) ? 1 + r.below(3) : 0, i = 0; i < n; i++) t.push(...this.annotation(i));
    t.push(this.wild() ? this.name() : r.one(['permit', 'forbid']), '(');
    t.push(...this.scope('principal'), ',', ...this.scope('action'), ',', ...this.scope('resource'));
    if (r.chance(0.1)) t.push(',');
    t.push(')');
    for (let n = r.below(3); n > 0; n--) t.push(this.wild() ? this.name() : r.one(['when', 'unless']), '{', ...(this.wild() ? [] : this.expression()), '}');
    t.push(';');
    return t;
  }
  policies() {
    const t = [];
    for (let n = this.r.chance(0.15) ? this.r.below(4) : 1; n > 0; n--) t.push(...this.policy());
    return t;
  }
}

const needsSpace = (a, b) => /[A-Za-z0-9_]$/.test(a) && /^[A-Za-z0-9_]/.test(b);
const sticks = (a, b) => ['::', '==', '!=', '<=', '>=', '&&', '||', '//'].includes(a.slice(-1) + b[0]);

// Text from tokens: spaces, ends of lines and comments between them, each as likely as asked for.
function write(random, tokens, { comments = 0, odd = 0 } = {}) {
  const words = ['// c', '//', '//  two words  ', '// "quoted', '// a longer comment that says why this is so', '//// x', '// é日', '//\t', '// }; permit'];
  const gap = () => {
    let s = '';
    for (let n = random.chance(0.3) ? 1 + random.below(3) : random.below(2); n > 0; n--)
      s += random.chance(odd) ? random.one(['\u00a0', '\u2003', '\t', '\r\n', '\r', '\v', '\f', '\u0085', '\u3000', '\u2028']) : random.one([' ', ' ', ' ', '\n', '\n  ', '\n\n']);
    if (random.chance(comments)) for (let n = 1 + (random.chance(0.2) ? random.below(3) : 0); n > 0; n--)
      s += random.one(words) + (random.chance(odd) ? random.one(['\r', '\r\n']) : '\n') + random.one(['', ' ', '  ']);
    return s;
  };
  let out = gap();
  for (let i = 0; i < tokens.length; i++) {
    out += tokens[i];
    if (i + 1 === tokens.length) break;
    const g = gap();
    out += g === '' && (needsSpace(tokens[i], tokens[i + 1]) || sticks(tokens[i], tokens[i + 1])) ? ' ' : g;
  }
  return out + gap();
}

// One to three small mistakes.
function mutate(random, tokens) {
  const t = tokens.slice();
  const spare = ['(', ')', '[', ']', '{', '}', ',', ';', ':', '::', '.', '==', '!=', '<', '<=', '>', '>=', '=', '&&', '||', '&', '|', '!', '-', '+', '*', '/', '%', '@', '?', '#', '$',
    '~', '^', "'", '"', '\\', '`', '\u{1F600}', 'é', '\u0000', '\ufeff', '?principal', '?other', '1', '0x1', '1.5', '"s"', ...KEYWORDS, ...NAMES.slice(0, 14), ...TYPES, 'ip', 'contains', 'null', 'Action'];
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(t.length + 1);
    switch (random.below(6)) {
      case 0: t.splice(at, 1); break;
      case 1: t.splice(at, 0, random.one(spare)); break;
      case 2: if (at < t.length) t.splice(at, 0, t[at]); break;
      case 3: if (at < t.length) t[at] = random.one(spare); break;
      case 4: if (at + 1 < t.length) [t[at], t[at + 1]] = [t[at + 1], t[at]]; break;
      default: { const from = random.below(t.length + 1); t.splice(at, 0, ...t.slice(from, from + random.below(5))); }
    }
  }
  return t;
}

module.exports = { Random, Generator, write, mutate };

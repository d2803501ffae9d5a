import { operations, type Answers, type Bodies } from "types";
import { linkAnswered, linkLost } from "./link";

export type { Answers };
/** breakable: the action, where breaking the glass may open it. */
export type Problem = Answers["problem"] & { breakable?: string };
export type Name = keyof typeof operations;
export type Asking = { [N in Name]: (typeof operations)[N]["method"] extends "GET" ? N : never }[Name];
export type Posting = Exclude<Name, Asking>;

/** What the caller gives: everything in the body but the request's own id. */
export type Fields<N extends Name> = Omit<Bodies[N], "id">;

/* The answers that are not named after their operation. */
interface Renamed {
  sign_in: "signed_in";
  enter: "handed_off";
  redeem: "redeemed";
  sign: "statement";
  unlock: "unlocked";
  unlock_entry: "unlocked";
  unlock_key: "unlocked";
  key_challenge: "key_challenge";
  register_challenge: "key_challenge";
  sign_challenge: "key_challenge";
  unlock_challenge: "key_challenge";
  sign_in_key: "signed_in";
  card_challenge: "card_challenge";
  sign_in_card: "signed_in";
  sign_key: "statement";
  sign_at_entry: "statement";
  sign_challenge_entry: "key_challenge";
  sign_key_entry: "statement";
  unlock_challenge_entry: "key_challenge";
  unlock_key_entry: "unlocked";
  get_inbound: "inbounds";
  get_expiring: "records";
  get_glass: "broken_glasses";
  who_lacks: "standings";
  get_stations: "known_stations";
  why: "why";
  who_can: "who_can";
  what_can: "what_can";
  get_site_policy: "policy";
  get_rationale: "rationale_register";
}

/** The object that an operation answers. */
export type AnswerOf<N extends Name> = N extends keyof Renamed
  ? Answers[Renamed[N]]
  : N extends `get_${infer A}`
    ? A extends keyof Answers
      ? Answers[A]
      : never
    : Answers["done"];

/** An answer, a refusal in words, or no certain word at all: "lost" may be sent again. */
export type Outcome<A> =
  | { kind: "answer"; answer: A }
  | { kind: "refused"; status: number; problem: Problem }
  | { kind: "lost"; problem: Problem | null };
export type Settled<A> = Exclude<Outcome<A>, { kind: "lost" }>;

const PATIENCE_MS = 10_000;
/* A card asks its person for a PIN before it answers. */
const CARD_PATIENCE_MS = 60_000;
const SILENT: Problem = {
  error: "The station cannot show this.",
  field: "",
  kept: "Nothing was changed.",
  todo: "Try again; if it stays so, tell your lead.",
};

/** The operation's name as statements and policies write it. */
export function dashed(name: Name): string {
  return name.replaceAll("_", "-");
}

export function hasId(name: Name): boolean {
  const fields: readonly string[] = operations[name].fields;
  return fields.includes("id");
}

function address(name: Asking, fields: object): string {
  /* The box reads a query as it is written: what a code or a time may hold stays itself. */
  const written = (value: unknown) =>
    encodeURIComponent(String(value)).replace(/%(3A|2F|2B)/g, (mark) => decodeURIComponent(mark));
  const text = Object.entries(fields)
    .map(([key, value]) => `${key}=${written(value)}`)
    .join("&");
  return operations[name].path + (text === "" ? "" : "?" + text);
}

async function exchange(path: string, init: RequestInit): Promise<Response | null> {
  const began = performance.now();
  try {
    const response = await fetch(path, {
      ...init,
      cache: "no-store",
      credentials: init.credentials ?? "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(init.credentials === "include" ? CARD_PATIENCE_MS : PATIENCE_MS),
    });
    linkAnswered(performance.now() - began);
    return response;
  } catch {
    linkLost();
    return null;
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const said: unknown = await response.json();
    return { ...SILENT, ...(said as Partial<Problem>) };
  } catch {
    return SILENT;
  }
}

function isUncertain(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

async function settle<A>(response: Response | null, read: (r: Response) => Promise<A>): Promise<Outcome<A>> {
  if (response === null) return { kind: "lost", problem: null };
  if (response.ok) {
    try {
      return { kind: "answer", answer: await read(response) };
    } catch {
      linkLost();
      return { kind: "lost", problem: null };
    }
  }
  const problem = await problemOf(response);
  if (isUncertain(response.status)) return { kind: "lost", problem };
  return { kind: "refused", status: response.status, problem };
}

async function json<N extends Name>(response: Response): Promise<AnswerOf<N>> {
  const said: unknown = await response.json();
  return said as AnswerOf<N>;
}

function bearer(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: "Bearer " + token };
}

/** Ask for something; nothing changes by it. */
export async function ask<N extends Asking>(
  name: N,
  fields: Fields<N>,
  token: string | null,
): Promise<Outcome<AnswerOf<N>>> {
  const response = await exchange(address(name, fields), { method: "GET", headers: bearer(token) });
  return settle(response, json<N>);
}

/** Ask for the bytes of one part of a document. */
export async function askBytes(document: string, part: number, token: string): Promise<Outcome<Blob>> {
  const response = await exchange(address("get_document", { document, part }), {
    method: "GET",
    headers: bearer(token),
  });
  return settle(response, (r) => r.blob());
}

/** Ask another of the box's own listeners, which answers what is done. */
export async function settled(address: string, init: RequestInit): Promise<Outcome<Answers["done"]>> {
  return settle(await exchange(address, init), json<"lock">);
}

/** Send exactly the body ${text}. */
export async function post<N extends Posting>(
  name: N,
  text: string,
  token: string | null,
  statement: string | null,
): Promise<Outcome<AnswerOf<N>>> {
  const headers: Record<string, string> = { "Content-Type": "application/json", ...bearer(token) };
  if (statement !== null) headers["X-Casemate-Statement"] = statement;
  const response = await exchange(operations[name].path, { method: "POST", headers, body: text });
  return settle(response, json<N>);
}

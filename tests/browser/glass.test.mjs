/*
 * Broken glass, as everybody in the program sees it: who, for what, until when, why.
 * walk.mjs says what this needs.
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { badgeIn, card, has, isIn, person, picture, signOut, skip, station, WORKING_PROGRAM } from "./walk.mjs";

const inspector = () =>
  person((who) => has(who, "operator", "inspector") && isIn(who, WORKING_PROGRAM) && who.enclaves.length === 1);

/* A person's own requests, without a page. */
async function ask(address, body, token, statement) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (statement) headers["X-Casemate-Statement"] = statement;
  const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

function freshId() {
  const hex = Date.now().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
}

const signIn = (who) => ask(`${card.entry}/api/sign-in`, { badge: who.badge, pin: who.pin });

/* The PIN again, for exactly this body. */
async function askSigned(who, place, token, sign, path, operation, body) {
  const digest = createHash("sha256")
    .update(`casemate/action/1\n${operation}\n${place.id}\n${JSON.stringify(body)}`).digest("hex");
  const signed = await ask(`${place.origin}${sign}`,
    { badge: who.badge, pin: who.pin, operation, digest, meaning: "I have read it" }, token);
  return ask(`${place.origin}${path}`, body, token, signed.statement);
}

/* The id of the glass. */
async function breakGlass(who, program, action, reason) {
  const signedIn = await signIn(who);
  const choice = signedIn.enclaves.find((enclave) => enclave.name === program);
  const door = new URL(card.entry);
  door.port = String(choice.port);
  const handed = await ask(`${card.entry}/api/enter`, { enclave: choice.enclave }, signedIn.token);
  const { token } = await ask(`${door.origin}/api/redeem`, { code: handed.code });
  const body = { id: freshId(), action, reason };
  await askSigned(who, { id: choice.enclave, origin: door.origin }, token, "/api/sign", "/api/break-glass",
    "break-glass", body);
  return body.id;
}

/* Reviewed, and closed before its hour is over: what comes after finds the site as it was. */
async function settle(who, glass) {
  const { token, note } = await signIn(who);
  assert.match(note, /The glass was broken/);
  const entry = { id: "entry000", origin: card.entry };
  await askSigned(who, entry, token, "/api/entry/sign", "/api/glass/review", "review-glass",
    { id: freshId(), glass, verdict: "justified", words: "the shift lead called at once" });
  await ask(`${card.entry}/api/records/revoke`, { id: freshId(), record: glass, reason: "the planner is back" }, token);
}

test("who broke the glass stands on every page of the program", { skip }, async () => {
  const page = await station();
  await badgeIn(page, inspector(), WORKING_PROGRAM);
  assert.equal(await page.locator(".alert").count(), 0);
  const other = person((who) => has(who, "operator") && isIn(who, WORKING_PROGRAM) && who.badge !== inspector().badge);
  const glass = await breakGlass(other, WORKING_PROGRAM, "view-orders", "the planner is out and the line stands");
  const alert = page.locator(".alert");
  await alert.waitFor({ timeout: 30_000 });
  assert.match(await alert.textContent(),
    new RegExp(`${other.name} broke the glass for view-orders until .* UTC: the planner is out`));
  await picture(page, "broken-glass", /./);
  await settle(person((who) => has(who, "security-officer")), glass);
  await alert.waitFor({ state: "detached", timeout: 30_000 });
  await signOut(page);
  await page.context().close();
});

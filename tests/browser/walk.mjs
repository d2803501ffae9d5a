/*
 * What the walks through the product share: a browser, stations with their keys and
 * scanners, the people of the card, and pictures whose markings are looked at.
 *
 * CASEMATE_CARD names a JSON file:
 *   {"entry": "http://localhost:7410",
 *    "people": [{"name", "badge", "pin", "roles": […], "enclaves": [program names]}],
 *    "release": {"program", "requester", "approvers": [badge, badge]}}       (optional)
 * CASEMATE_SCREENSHOTS  where pictures go (build/screenshots)
 * CASEMATE_CHROMIUM     the browser (/usr/bin/chromium)
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "../../appliance/ui/node_modules/playwright-core/index.mjs";

export const top = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const cardFile = process.env.CASEMATE_CARD;
export const skip = cardFile ? false : "CASEMATE_CARD is not set: no product to walk through";
export const card = cardFile ? JSON.parse(readFileSync(cardFile, "utf8")) : { entry: "", people: [] };
export const pictures = process.env.CASEMATE_SCREENSHOTS ?? join(top, "build", "screenshots");
const SIZES = [{ width: 1280, height: 800 }, { width: 1920, height: 1080 }];
const PATIENCE_MS = 30_000;
export const WORKING_PROGRAM = "HARROW VANE";
export const OTHER_PROGRAM = "SABLE ORCHARD";

/* Names that are no places: the only foreign addresses a served byte may hold. */
const NAMESPACES = /^http:\/\/www\.w3\.org\//;
const ADDRESS = /https?:\/\/[^\s"'<>)\\`]*/g;

let browser;
/* What was served: how many answers were read, and every foreign address in them. */
export const served = { scanned: 0, foreign: new Set() };

before(async () => {
  if (skip) return;
  mkdirSync(pictures, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CASEMATE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => browser?.close());

function isHere(address) {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|#|\?|$)/.test(address);
}

/* Every answer's body is read, and no request may go anywhere else. */
function watch(page, faults) {
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("blob:") && !isHere(url)) served.foreign.add(`request to ${url}`);
  });
  page.on("response", async (response) => {
    if (response.url().startsWith("blob:")) return;
    const body = await response.text().catch(() => null);
    if (body === null) return;
    served.scanned++;
    for (const [address] of body.matchAll(ADDRESS))
      if (!isHere(address) && !NAMESPACES.test(address)) served.foreign.add(`${address} in ${response.url()}`);
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) faults.push(message.text());
  });
}

export async function station(options = {}) {
  const context = await browser.newContext({ viewport: SIZES[0], ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.faults = [];
  watch(page, page.faults);
  return page;
}

/* The picture at both sizes; and the marking is there, whatever is shown. */
export async function picture(page, name, banner) {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const place of ["top", "bottom"]) {
      const strip = page.locator(`[data-banner=${place}]`);
      assert.equal(await strip.count(), 1, `one banner at the ${place} of ${name}`);
      assert.match(await strip.textContent(), banner ?? /TRAINING/);
      const box = await strip.boundingBox();
      assert.equal(box.width, size.width);
      assert.equal(place === "top" ? box.y : box.y + box.height, place === "top" ? 0 : size.height);
    }
    await page.screenshot({ path: join(pictures, `${name}-${size.width}x${size.height}.png`) });
  }
  await page.setViewportSize(SIZES[0]);
}

export function person(wanted) {
  const found = card.people.find(wanted);
  assert.ok(found, `the card holds such a person: ${wanted}`);
  return found;
}
export const has = (who, ...roles) => roles.every((role) => who.roles.includes(role));
export const isIn = (who, program) => who.enclaves.includes(program);

/* Keys as a scanner sends them: out of silence, then Enter. */
export async function scan(page, text) {
  await page.waitForTimeout(300);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

export async function identify(page, who) {
  await page.getByRole("heading", { name: "Scan your badge" }).waitFor();
  await scan(page, who.badge);
  await page.getByRole("heading", { name: "Your PIN" }).waitFor();
  await scan(page, who.pin);
}

export async function badgeIn(page, who, program) {
  await page.goto(card.entry);
  await identify(page, who);
  if (who.enclaves.length > 1) await page.getByRole("button", { name: program, exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.equal(new URL(page.url()).hash, "", "the code is gone from the address");
}

export async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Scan your badge" }).waitFor();
  assert.equal(new URL(page.url()).origin, new URL(card.entry).origin);
}

async function ask(address, method, token, body) {
  const response = await fetch(address, {
    method,
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
}

/* Somebody at a program without a page: a page offers nobody what is refused. */
export async function atDoor(who, program) {
  const { answer: entered } = await ask(`${card.entry}/api/sign-in`, "POST", "", { badge: who.badge, pin: who.pin });
  const { enclave } = entered.enclaves.find((choice) => choice.name === program);
  const { answer: handed } = await ask(`${card.entry}/api/enter`, "POST", entered.token, { enclave });
  const door = `http://localhost:${handed.port}`;
  const { answer: redeemed } = await ask(`${door}/api/redeem`, "POST", "", { code: handed.code });
  return (method, path, body) => ask(door + path, method, redeemed.token, body);
}

const uuid = () => {
  const [ms, r] = [Date.now().toString(16).padStart(12, "0"), randomUUID()];
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${r.slice(15)}`;
};

/* An officer takes a role from somebody, without a page; what comes back gives it again, by two. */
export async function takeRole(who, role) {
  const at = (path, method, token, body) => ask(`${card.entry}/api/${path}`, method, token, body);
  const officers = card.people.filter((one) => has(one, "security-officer")).slice(0, 2);
  const enter = async ({ badge, pin }) => (await at("sign-in", "POST", "", { badge, pin })).answer.token;
  const [one, two] = [await enter(officers[0]), await enter(officers[1])];
  const { people } = (await at("people", "GET", one)).answer;
  const holder = people.find(({ badge }) => badge === who.badge).person;
  const { records } = (await at(`records?holder=${holder}`, "GET", one)).answer;
  const taken = records.filter(({ attribute, value, state }) => attribute === "role" && value === role && state === "active");
  assert.ok(taken.length > 0, `${who.name} has the role ${role}`);
  for (const { record } of taken) {
    const { status } = await at("records/revoke", "POST", one, { id: uuid(), record, reason: "for the walk" });
    assert.equal(status, 200);
  }
  return async () => {
    const made = taken.map((before) => ({ ...before, record: uuid() }));
    for (const { record, attribute, value, scope, granted_by, granting_role, document_type, document, document_date, from, until } of made) {
      const { status, answer } = await at("records", "POST", one, {
        id: uuid(), record, holder, attribute, value, scope, granted_by, granting_role, document_type, document,
        document_date, from, until,
      });
      assert.equal(status, 200, answer.error);
    }
    const text = JSON.stringify({ id: uuid(), records: made.map(({ record }) => record) });
    const digest = createHash("sha256").update(`casemate/action/1\napprove-records\nentry000\n${text}`).digest("hex");
    const { badge, pin } = officers[1];
    const signed = await at("entry/sign", "POST", two, {
      badge, pin, operation: "approve-records", digest, meaning: "I approve a record",
    });
    const response = await fetch(`${card.entry}/api/records/approve`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json", Authorization: `Bearer ${two}`,
        "X-Casemate-Statement": signed.answer.statement,
      },
      body: text,
    });
    assert.equal(response.status, 200, await response.text());
    for (const token of [one, two]) await at("entry/sign-out", "POST", token, {});
  };
}

/* One decision test of the shipped set, with what it needs of the world and no more. */
export function oneTest() {
  const all = JSON.parse(readFileSync(join(top, "policy", "site", "site.tests.json"), "utf8"));
  const chosen = all.tests.find((one) => one.name === "an operator sees tasks");
  const key = (uid) => `${uid.type} ${uid.id}`;
  const known = new Map(all.entities.map((one) => [key(one.uid), one]));
  const kept = new Map();
  const take = (value) => {
    if (value === null || typeof value !== "object") return;
    const entity = typeof value.type === "string" && typeof value.id === "string" ? known.get(key(value)) : undefined;
    if (entity !== undefined && !kept.has(key(value))) {
      kept.set(key(value), entity);
      take(entity);
    }
    Object.values(value).forEach(take);
  };
  take(chosen);
  take(all.context);
  return JSON.stringify({ context: all.context, entities: [...kept.values()], tests: [chosen] });
}

/*
 * The matrix of 19-matrix.sh: rows of operations.def as JSON on standard input, lines of TAP on
 * standard output.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const card = JSON.parse(readFileSync(process.env.CASEMATE_CARD, "utf8"));
const journal = `${process.env.CASEMATE_SITE}/auditor/journal.log`;
const rows = JSON.parse(readFileSync(0, "utf8")).filter(Boolean)
  .map((row) => ({ ...row, fields: row.fields.filter(Boolean) }));
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const entry = new URL(card.entry);
const ABSENT = "01900000-0000-7000-8000-000000000000";
/* Rows whose UUIDs are new names, not of something that is there. */
const NAMES_NEW = /^(define_|propose_policy|enter_rationale|enter_record|add_)/;
const OFFICER = "security-officer";

let tests = 0, failed = 0;
function check(sentence, good, found = []) {
  tests++;
  if (!good) failed++;
  console.log(`${good ? "ok" : "not ok"} ${tests} - ${sentence}`);
  if (!good) for (const one of found.slice(0, 12)) console.log(`#   ${one}`);
}
const sleep = (ms) => new Promise((go) => setTimeout(go, ms));

/* ---- asking ---- */

/* Of each token how often it was told that there is nothing here: each is to be recorded. */
const denied = new Map();

function ask(port, method, path, token, body, headers = {}) {
  const started = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    const r = request({
      agent, host: "127.0.0.1", port, method, path,
      headers: {
        Host: `localhost:${port}`, ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "Content-Length": Buffer.byteLength(body) }), ...headers,
      },
    }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 404 && text.includes("nothing here that you may"))
          denied.set(token, (denied.get(token) ?? 0) + 1);
        resolve({
          status: answer.statusCode, body: text,
          headers: Object.entries(answer.headers).filter(([name]) => name !== "date").map(([k, v]) => `${k}: ${v}`).sort().join("\n"),
          us: Number(process.hrtime.bigint() - started) / 1000,
        });
      });
    });
    r.on("error", reject);
    r.end(body);
  });
}
async function send(port, path, token, body, headers) {
  const answer = await ask(port, "POST", path, token, JSON.stringify(body), headers);
  return { status: answer.status, ...JSON.parse(answer.body) };
}
async function read(port, path, token) {
  const answer = await ask(port, "GET", path, token);
  return { status: answer.status, ...JSON.parse(answer.body) };
}
function uuid() {
  const ms = Date.now().toString(16).padStart(12, "0"), r = randomBytes(10);
  r[0] = 0x70 | (r[0] & 15);
  r[2] = 0x80 | (r[2] & 63);
  const h = ms + r.toString("hex");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/* A value that the field would take; ${chosen} gives its references. */
function valueOf(field, chosen) {
  switch (field.kind) {
    case "ID": return uuid();
    case "REF": return chosen(field.name);
    case "REFS": return [chosen(field.name)];
    case "TEXT": case "CODE": return "A".repeat(Math.max(field.least, 1));
    case "NUMBER": return field.name === "sequence" ? 10 : field.least;
    case "DECIMAL": return "1.5";
    case "TIME": return "2026-01-01T00:00:00Z";
    case "FLAG": return true;
    case "BASE64": return "QUJD";
    case "HEX": return "00".repeat(field.least);
    default: return [{ characteristic: "B1", value: "1", gage: "" }];
  }
}
/* One request of a row.  Times that may be left out are: some lie too far back. */
function askRow(port, row, token, chosen) {
  const fields = row.fields.filter((field) => field.needed || field.kind === "REF")
    .map((field) => [field.name, valueOf(field, chosen)]);
  if (row.method === "GET") {
    const query = fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    return ask(port, "GET", row.path + (query && `?${query}`), token);
  }
  return ask(port, "POST", row.path, token, JSON.stringify(Object.fromEntries(fields)));
}
const refersTo = (row) => row.fields.some(({ kind }) => kind === "REF" || kind === "REFS");

/* ---- people ---- */

async function signIn(who) {
  const got = await send(entry.port, "/api/sign-in", "", { badge: who.badge, pin: who.pin });
  return got.status === 200 ? got : null;
}
async function enter(who, program) {
  const got = await signIn(who);
  const choice = got?.enclaves.find(({ name }) => name === program);
  if (!choice) return null;
  const handed = await send(entry.port, "/api/enter", got.token, { enclave: choice.enclave });
  const redeemed = await send(handed.port, "/api/redeem", "", { code: handed.code });
  return { token: redeemed.token, person: got.person, port: handed.port, entry: got.token, session: redeemed.session, enclave: choice.enclave };
}
/* One of each set of roles. */
async function roles(program) {
  const found = new Map();
  for (const who of card.people.filter(({ enclaves }) => enclaves.includes(program))) {
    const name = who.roles.join("+");
    if (found.has(name)) continue;
    const inside = await enter(who, program);
    if (inside) found.set(name, { ...inside, name, badge: who.badge });
  }
  return [...found.values()];
}

/* ---- what is there ---- */

/* Of each field's name the ids that it may have, in one program. */
async function objects(program, all) {
  const there = {};
  const note = (name, id) => { if (id && id !== "00000000-0000-0000-0000-000000000000") (there[name] ??= new Set()).add(id); };
  const some = (session, path, list) => read(session.port, path, session.token).then((got) => (got[list] ?? []).slice(0, 40));
  for (const session of all) {
    for (const task of await some(session, "/api/tasks", "tasks")) note("unit", task.unit);
    for (const one of await some(session, "/api/orders", "orders")) note("order", one.order);
    for (const one of await some(session, "/api/inbound", "inbound")) note("inbound", one.inbound);
    for (const one of await some(session, "/api/releases", "releases")) note("release", one.release);
    for (const one of await some(session, "/api/policy", "sets")) note("proposal", one.proposal);
    for (const one of await some(session, "/api/rationale", "rows")) note("rationale", one.rationale);
    for (const one of await some(session, "/api/glass/used", "glasses")) note("glass", one.glass);
    for (const unit of [...(there.unit ?? [])].slice(0, 30))
      for (const sequence of [10, 20, 30, 40, 50]) {
        if (there.document) break;
        note("document", (await read(session.port, `/api/job?unit=${unit}&sequence=${sequence}`, session.token)).document);
      }
  }
  for (const name of Object.keys(there)) there[name] = [...there[name]];
  return there;
}
/* So that there is one of each, where the roles of the site can make one. */
async function furnish(all) {
  const officer = all.find(({ name }) => name.includes(OFFICER));
  const planner = all.find(({ name }) => name.includes("planner"));
  const rationale = uuid(), id = uuid();
  await send(officer.port, "/api/rationale", officer.token, { id, rationale, kind: "site-rule", obligation: "the matrix", document: "a test", control: "policy", object: "M02-read-in", how: "it asks" });
  await send(planner.port, "/api/releases", planner.token, { id: uuid(), slot: `19${10 + Date.now() % 80}-W${10 + Date.now() % 40}` });
}

/* What the program's permits name for each role. */
function actionsOfRoles(text) {
  const of = new Map();
  for (const rule of text.split(/^permit/m).slice(1)) {
    const role = /Role::"([^"]+)"/.exec(rule)?.[1];
    of.set(role, [...(of.get(role) ?? []), ...[...rule.matchAll(/Action::"([^"]+)"/g)].map(([, action]) => action)]);
  }
  return of;
}

/* ---- the journal ---- */

const lineCount = () => readFileSync(journal, "utf8").split("\n").length - 1;
/* How many denials behind line ${from} ${by} tells of a session: lines, and the numbers in them. */
function told(from, session, by) {
  const hex = session.replaceAll("-", "");
  let n = 0;
  for (const line of readFileSync(journal, "utf8").split("\n").slice(from)) {
    const part = line.split(" ");
    if (part[4] !== "audit" || part[3] !== by || part[6] !== "3" || part[9] !== hex) continue;
    n += 1 + Number(/_and_(\d+)_more_before/.exec(part[12])?.[1] ?? 0);
  }
  return n;
}

/* ---- 20: the matrix ---- */

const begun = lineCount();
const programs = card.enclaves.map(({ name }) => name);
const inside = {};
for (const name of programs) inside[name] = await roles(name);
for (const name of programs) await furnish(inside[name]);
const there = {};
for (const name of programs) there[name] = await objects(name, inside[name]);
const kinds = [...new Set(rows.filter(({ server }) => server === "WORKER").flatMap((row) => row.fields.filter(({ kind }) => kind === "REF").map(({ name }) => name)))];
for (const kind of kinds)
  console.log(`# ${kind}: ${programs.map((name) => `${there[name][kind]?.length ?? 0} in ${name}`).join(", ")}`);
check(`negative 20: there is one of each kind that a route names (${kinds.join(", ")}) in some program`,
  kinds.every((kind) => programs.some((name) => there[name][kind]?.length)), kinds);

const workerRows = rows.filter(({ server }) => server === "WORKER");
let nothing = null; // the one body of "there is nothing here", of every program and role


for (const program of programs) {
  const others = programs.filter((name) => name !== program);
  const officer = inside[program].find(({ name }) => name.includes(OFFICER));
  const byRole = actionsOfRoles((await read(officer.port, "/api/policy", officer.token)).text);
  for (const who of inside[program]) {
    const can = await read(officer.port, `/api/policy/what-can?who=${who.person}`, officer.token);
    const permitted = new Set(can.actions.map(({ action }) => action));
    for (const role of who.name.split("+")) /* of the signed acts of two people it depends on who did the other half */
      for (const action of byRole.get(role) ?? [])
        if (workerRows.some((row) => row.strength === "SIGNED" && row.action === action)) permitted.add(action);
    const wrong = [];
    let asked = 0, allowed = 0;
    const expectNothing = async (row, what, chosen) => {
      const got = await askRow(who.port, row, who.token, chosen);
      nothing ??= got;
      asked++;
      if (got.status !== 404 || got.body !== nothing.body || got.headers !== nothing.headers)
        wrong.push(`${row.name} of ${what}: ${got.status} ${got.body}`);
    };
    for (const row of workerRows) {
      const may = permitted.has(row.action);
      const refers = refersTo(row) && !(may && NAMES_NEW.test(row.name));
      if (refers) await expectNothing(row, "what is not there", () => ABSENT);
      for (const other of refers ? others : [])
        if (row.fields.some(({ name, kind }) => kind === "REF" && there[other][name]))
          await expectNothing(row, "another program's", (name) => there[other][name]?.[0] ?? ABSENT);
      if (!may)
        await expectNothing(row, "what is forbidden", (name) => there[program][name]?.[0] ?? ABSENT);
      else if (row.method === "GET")
        allowed += (await askRow(who.port, row, who.token, (name) => there[program][name]?.[0] ?? ABSENT)).status === 200;
    }
    check(`negative 20: ${program}, ${who.name}: ${asked} requests for what is absent, another program's or forbidden get one answer (${allowed} of what may be read is read)`,
      wrong.length === 0 && allowed > 0, wrong);
  }
}

/* nobody's token, and another's: at every program and at the entry */
{
  const wrong = [];
  let asked = 0;
  for (const program of programs) {
    const { port } = inside[program][0];
    const foreign = inside[programs.find((name) => name !== program)].map(({ token }) => token);
    const bodies = new Map();
    for (const row of rows.filter(({ server, strength }) => (server === "WORKER" || server === "DOOR") && strength !== "OPEN"))
      for (const token of ["", "nonsense", inside[program][0].entry, ...foreign]) {
        if (row.name === "sign_out") continue; // says that one is out, whoever asks
        for (const id of [ABSENT, "there"]) {
          const got = await askRow(port, row, token, (name) => (id === ABSENT ? ABSENT : there[program][name]?.[0] ?? ABSENT));
          asked++;
          if (!bodies.has(row.server)) bodies.set(row.server, got.body);
          if (got.status !== 401 || got.body !== bodies.get(row.server)) wrong.push(`${row.name} at ${program}: ${got.status} ${got.body}`);
        }
      }
  }
  check(`negative 20: ${asked} requests at a program without a token of it get one answer`, wrong.length === 0, wrong);
}

/* a path that is not this gateway's is one that nobody has; every other method, too */
{
  const wrong = [];
  let asked = 0;
  const ports = [[entry.port, "ENTRY"], ...programs.map((name) => [inside[name][0].port, "PROGRAM"])];
  for (const [port, place] of ports) {
    const who = inside[programs[0]][0];
    const token = place === "ENTRY" ? who.entry : who.token;
    const nobody = await ask(port, "GET", "/api/no-such-thing", token);
    const expect = async (method, path, body) => {
      const got = await ask(port, method, path, token, body);
      asked++;
      if (got.status !== 404 || (method !== "HEAD" && got.body !== nobody.body)) wrong.push(`${method} ${path} at ${port}: ${got.status}`);
    };
    for (const row of rows) {
      const here = row.server === "SELF" || (place === "ENTRY") === (row.server === "ENTRY");
      if (!here || row.name === "sign_in_piv") await expect(row.method, row.path, row.method === "POST" ? "{}" : undefined);
      const twins = rows.filter(({ path, server }) => path === row.path && (server === "ENTRY") === (place === "ENTRY")).map(({ method }) => method);
      for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
        if (method !== row.method && !twins.includes(method) && !(row.server === "SELF" && method === "HEAD"))
          await expect(method, row.path, method === "GET" || method === "HEAD" ? undefined : "{}");
      for (const path of [row.path + "/", row.path + "%00", row.path + "%00x", row.path.replace("a", "%61"), row.path.toUpperCase(), row.path.replace("/api/", "/api//"), row.path.replace("/api/", "/api/../api/")])
        if (here) await expect(row.method, path, row.method === "POST" ? "{}" : undefined);
    }
  }
  check(`negative 20: ${asked} requests by a path or method that is not this place's get the answer of a path that nobody has`, wrong.length === 0, wrong);
}

/* at the entry: who has no role of the site */
{
  const wrong = [];
  let asked = 0, first = null;
  const officer = inside[programs[0]].find(({ name }) => name.includes(OFFICER));
  const people = (await read(entry.port, "/api/people", officer.entry)).people;
  const stations = (await read(entry.port, "/api/stations", officer.entry)).stations;
  const records = (await read(entry.port, `/api/records?holder=${people[0].person}`, officer.entry)).records;
  const credentials = (await read(entry.port, "/api/credentials", officer.entry)).credentials;
  const glasses = (await read(entry.port, "/api/glass", officer.entry)).glasses;
  const real = { person: people[0].person, same_as: people[1].person, holder: people[0].person, station: stations[0]?.station,
    record: records[0]?.record, records: records[0]?.record, credential: credentials[0]?.credential, glass: glasses[0]?.glass };
  console.log(`# at the entry: ${people.length} people, ${stations.length} stations, ${records.length} records of the first, ${credentials.length} credentials, ${glasses.length} glasses`);
  const visitor = card.people.find(({ enclaves }) => enclaves.length === 0);
  const signedIn = [...programs.flatMap((name) => inside[name].filter((who) => !who.name.includes(OFFICER))), { entry: (await signIn(visitor)).token, name: "visitor" }];
  for (const who of signedIn)
    for (const row of rows.filter(({ server, action }) => server === "ENTRY" && action !== ""))
      for (const chosen of [() => ABSENT, (name) => real[name] ?? ABSENT]) {
        const got = await askRow(entry.port, row, who.entry, chosen);
        first ??= got;
        asked++;
        if (got.status !== 404 || got.body !== first.body || got.headers !== first.headers) wrong.push(`${row.name} by ${who.name}: ${got.status} ${got.body}`);
      }
  check(`negative 20: at the entry ${asked} requests of ${signedIn.length} people without a role of the site, about what is there and what is not, get one answer`, wrong.length === 0, wrong);
}

/* Somebody of another program alone. */
function strangerOf(program) {
  const other = programs.find((name) => name !== program);
  return inside[other].find(({ badge }) => !card.people.find((one) => one.badge === badge).enclaves.includes(program)).person;
}

/* ---- 21: what else tells something ---- */

{
  const wrong = [];
  for (const program of programs) {
    const other = programs.find((name) => name !== program);
    const officer = inside[program].find(({ name }) => name.includes(OFFICER));
    const ids = [...Object.values(there[other]).map(([id]) => id), strangerOf(program)];
    for (const id of ids.filter(Boolean))
      for (const path of ["/api/policy/why?who=WHO&what=view-document&on=ID", "/api/policy/why?who=ID&what=view-tasks",
        "/api/policy/who-can?what=view-document&on=ID", "/api/policy/what-can?who=ID"]) {
        const of = (one) => ask(officer.port, "GET", path.replace("WHO", officer.person).replace("ID", one), officer.token);
        const [real, absent] = [await of(id), await of(ABSENT)];
        const same = (text, one) => text.replaceAll(one, "ID").replace(/\d\d:\d\d:\d\d\.\d+Z/g, "");
        if (real.status !== absent.status || same(real.body, id) !== same(absent.body, ABSENT))
          wrong.push(`${path} at ${program}: ${real.status} ${real.body.slice(0, 200)} | ${absent.status} ${absent.body.slice(0, 200)}`);
      }
  }
  check("negative 21: an officer's questions about another program's objects and people are answered as about nobody's", wrong.length === 0, wrong);
  check("negative 21: no answer has a tag, a time of change or an age", !/^(etag|last-modified|age|expires):/m.test(nothing.headers), [nothing.headers]);
}

/* The area under the curve of telling ${a} from ${b} by time: 0.5 is a coin. */
function auc(a, b) {
  const all = [...a.map((us) => [us, 1]), ...b.map((us) => [us, 0])].sort((x, y) => x[0] - y[0]);
  let ranks = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j][0] === all[i][0]) j++;
    for (let k = i; k < j; k++) if (all[k][1]) ranks += (i + 1 + j) / 2;
    i = j;
  }
  const area = (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
  return Math.max(area, 1 - area);
}
{
  const samples = 800;
  const who = inside[programs[0]].find(({ name }) => name === "operator");
  const row = rows.find(({ name }) => name === "release_order");
  const [theirs] = there[programs[0]].order;
  const measure = async () => {
    const times = { forbidden: [], absent: [] };
    for (let i = 0; i < 2 * samples; i++) {
      const which = randomBytes(1)[0] & 1 ? "forbidden" : "absent";
      times[which].push((await askRow(who.port, row, who.token, () => (which === "forbidden" ? theirs : ABSENT))).us);
    }
    return auc(times.forbidden, times.absent);
  };
  let area = await measure(); /* a busy machine is seen once, a difference each time */
  for (let again = 0; again < 2 && area > 0.55; again++) area = Math.min(area, await measure());
  check(`negative 21: the time of ${2 * samples} answers tells a forbidden order from an absent one no better than a coin: AUC ${area.toFixed(3)}, 0.55 at most`, area <= 0.55, [String(area)]);
}

/* ---- every denial is recorded: as a line, or as a number in the next line of the session ---- */

async function recorded(where, sessions, by, tokenOf, refuse) {
  const wrong = [];
  let all = 0;
  for (const who of sessions) {
    for (let i = 0; i < 50; i++) { /* until a line comes, no number is owed any more; a minute at most */
      const before = told(begun, who.session, by(who));
      if ((await refuse(who)).status !== 404) break;
      await sleep(60);
      if (told(begun, who.session, by(who)) > before) break;
      await sleep(1500);
    }
    const found = told(begun, who.session, by(who)), made = denied.get(tokenOf(who));
    all += made;
    if (found !== made) wrong.push(`${who.name}: ${found} of ${made}`);
  }
  check(`negative 20: each of ${all} denials ${where} is recorded, as a line or as a number in one`, wrong.length === 0, wrong);
}
const everybody = programs.flatMap((name) => inside[name]);
await recorded("at the programs", everybody, (who) => `worker/${who.enclave}`, ({ token }) => token,
  (who) => askRow(who.port, rows.find(({ name }) => name === "get_release"), who.token, () => ABSENT));
await recorded("at the entry", everybody.filter((who) => denied.has(who.entry)), () => "identity/-", (who) => who.entry,
  (who) => ask(entry.port, "GET", "/api/people", who.entry));
console.log(`1..${tests}`);
process.exit(failed ? 1 : 0);

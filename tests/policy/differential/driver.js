// driver.js CASES SEED WORKERS DIFFER: see run.sh.  Makes CASES cases from SEED, and first those in
// found/, asks both engines, prints each difference as one small case and ends with 1 if there are any.
'use strict';
const fs = require('fs');
const path = require('path');
const { fork } = require('child_process');

const BATCH = 64;
const OPTIONS = ['--no-turbo-inline-js-wasm-calls']; // this version of node ends itself in the optimization that is switched off
const SHOWN = Number(process.env.SHOWN || 8); // differences that are made small and printed

// ---- a worker: every WORKERS-th batch ----

async function work([, , program, seed, from, step, end]) {
  const { Ours, validateTogether } = require('./engines');
  const { KINDS, make } = require('./kinds');
  const { shrink } = require('./shrink');
  const ours = new Ours(program);
  const differs = async (c) => {
    const kind = KINDS[c.kind], got = await Promise.all(kind.ask(c).map((q) => ours.ask(q)));
    return kind.compare(c, kind.theirs(c, got), got);
  };
  const tell = (message) => new Promise((resolve) => process.send(message, resolve));
  const check = async (cases, first) => {
    const tally = {}, different = [];
    const asked = cases.map((c) => Promise.all(KINDS[c.kind].ask(c).map((q) => ours.ask(q))));
    try { validateTogether(cases); } catch (e) { await tell({ trapped: first, why: String(e).slice(0, 100) }); process.exit(3); }
    for (let i = 0; i < cases.length; i++) {
      const c = cases[i];
      const got = await asked[i];
      let want;
      try { want = KINDS[c.kind].theirs(c, got); } catch (e) { await tell({ trapped: first + i, why: String(e).slice(0, 100) }); process.exit(3); }
      const what = KINDS[c.kind].compare(c, want, got);
      const t = tally[c.kind] ??= { cases: 0, requests: 0, stricter: 0, different: 0 };
      t.cases++;
      if (c.requests) t.requests += c.requests.length;
      if (what === 'stricter') t.stricter++;
      else if (what !== null) { t.different++; different.push({ what, c, number: first + i }); }
    }
    await tell({ tally, next: first + cases.length });
    for (const d of different) {
      await tell({ asking: true });
      if (!(await new Promise((resolve) => process.once('message', resolve)))) continue;
      let small = d.c;
      try { small = await shrink(d.c, differs); } catch (e) { await tell({ difference: { ...d, small } }); process.exit(3); }
      const kind = KINDS[small.kind], got = await Promise.all(kind.ask(small).map((q) => ours.ask(q)));
      await tell({ difference: { ...d, small, theirs: kind.theirs(small, got), ours: got } });
    }
  };
  [seed, from, step, end] = [seed, from, step, end].map(Number);
  if (from === 0) {
    const folder = path.join(__dirname, 'found');
    const kept = fs.readdirSync(folder).filter((f) => f.endsWith('.jsonl')).sort().flatMap((f) => fs.readFileSync(path.join(folder, f), 'utf8').split('\n').filter((l) => l !== '').map((l) => JSON.parse(l)));
    await check(kept, 0);
    await tell({ kept: kept.length });
  }
  for (let first = from; first < end; first += step * BATCH) {
    const cases = [];
    for (let n = first; n < Math.min(end, first + BATCH); n++) cases.push(make(seed, n));
    await check(cases, first);
  }
  ours.end();
  process.disconnect();
}

// ---- the parent ----

function run([, , count, seed, workers, program]) {
  [count, seed, workers] = [count, seed, workers].map(Number);
  const sum = {}, began = Date.now();
  let shown = 0, told = began, running = workers, kept = 0, trapped = 0, crashed = 0, failed = false;
  const total = (what) => Object.values(sum).reduce((n, t) => n + t[what], 0);
  const start = (w, from) => {
    const child = fork(__filename, ['--worker', program, seed, from, workers, count].map(String), { execArgv: OPTIONS });
    let at = from;
    child.on('message', (m) => {
      if (m.tally) {
        for (const [k, t] of Object.entries(m.tally)) for (const [what, n] of Object.entries(t)) ((sum[k] ??= { cases: 0, requests: 0, stricter: 0, different: 0 })[what] += n);
        at = m.next;
      } else if (m.kept !== undefined) kept = m.kept;
      else if (m.asking) child.send(shown++ < SHOWN);
      else if (m.trapped !== undefined) { trapped++; at = m.trapped + 1; if (trapped <= 3) console.log(`the official engine ended itself at case ${m.trapped}: ${m.why}`); }
      else if (m.difference) print(m.difference);
      if (Date.now() - told > 5000) {
        told = Date.now();
        console.error(`${total('cases')} cases, ${total('different')} differences, ${Math.round(total('cases') / ((told - began) / 1000))} cases/s`);
      }
    });
    child.on('exit', (code) => {
      if (code === 3) { start(w, nextBatch(at)); return; } // what is left of a batch whose oracle ended is left out
      if (code === null && crashed++ < 100) { start(w, nextBatch(at)); return; } // node itself
      if (code !== 0) failed = true;
      if (--running === 0) finish();
    });
    const nextBatch = (n) => (Math.floor((n - w * BATCH) / (workers * BATCH)) + 1) * workers * BATCH + w * BATCH;
  };
  const print = (d) => {
    console.log(`not ok ${d.what}, case ${d.number} of seed ${seed}`);
    const visible = (x) => JSON.stringify(x ?? null).replace(/[^ -~]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
    console.log(visible(d.small));
    console.log('  theirs: ' + visible(d.theirs).slice(0, 1500));
    console.log('  ours:   ' + visible(d.ours).slice(0, 1500));
  };
  const finish = () => {
    for (const [k, t] of Object.entries(sum).sort()) console.log(`${t.different === 0 ? 'ok' : 'not ok'} ${k}: ${t.cases} cases${t.requests ? `, ${t.requests} requests` : ''}, ${t.stricter} refused by ours on purpose, ${t.different} different`);
    const n = total('cases'), different = total('different');
    if (trapped > 0) console.log(`  the official engine ended itself ${trapped} times; those batches are not counted`);
    if (crashed > 0) console.log(`  node ended itself ${crashed} times; what it was at is not counted`);
    console.log(`  ${kept} of these cases are kept from earlier runs; ${Math.round((Date.now() - began) / 1000)} s`);
    const ok = different === 0 && n > 0 && !failed;
    console.log(`figure differential_differences = ${different} of-${n}-cases (limit 0, ratio ${different === 0 ? 0 : different}, wants 0) ${ok ? 'ok' : 'FAILED'}`);
    if (failed || n === 0) console.log('not ok the run did not come to its end');
    process.exitCode = ok ? 0 : 1;
  };
  for (let w = 0; w < workers; w++) start(w, w * BATCH);
}

if (process.argv[2] === '--worker') work(process.argv.slice(1));
else run(process.argv);

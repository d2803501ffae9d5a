// The two engines that are compared: the official one, in this process, and ours, a child that
// answers frames (see answer.c).  CEDAR_WASM is the folder of the package @cedar-policy/cedar-wasm,
// CASEMATE_ANSWER the program.
const { spawn } = require('child_process');
const official = require((process.env.CEDAR_WASM || '@cedar-policy/cedar-wasm') + '/nodejs');

class Ours {
  constructor() {
    this.waiting = [];
    this.data = Buffer.alloc(0);
    this.child = spawn(process.env.CASEMATE_ANSWER, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout.on('data', (part) => this.take(part));
    this.child.on('exit', (code) => { if (code !== 0) { console.error('our engine ended: ' + code); process.exit(1); } });
  }
  take(part) {
    this.data = Buffer.concat([this.data, part]);
    for (;;) {
      const line = this.data.indexOf(10);
      if (line < 0) return;
      const [word, count] = this.data.subarray(0, line).toString().split(' ');
      if (this.data.length < line + 1 + Number(count)) return;
      const text = this.data.subarray(line + 1, line + 1 + Number(count)).toString();
      this.data = this.data.subarray(line + 1 + Number(count));
      this.waiting.shift()({ ok: word === 'OK', text });
    }
  }
  ask(operation, text) {
    const bytes = Buffer.from(text);
    this.child.stdin.write(`${operation} ${bytes.length}\n`);
    this.child.stdin.write(bytes);
    return new Promise((resolve) => this.waiting.push(resolve));
  }
  end() { this.child.stdin.end(); }
}

// What the official engine says; an engine that ends itself is made anew by the caller.
const theirs = {
  format(text, style = {}) {
    const a = official.formatPolicies({ policyText: text, ...style });
    return a.type === 'success' ? { ok: true, text: a.formatted_policy } : { ok: false, text: a.errors.map((e) => e.message).join('; ') };
  },
  parse(text) {
    const a = official.checkParsePolicySet({ staticPolicies: text });
    return a.type === 'success' ? { ok: true, text: '' } : { ok: false, text: a.errors.map((e) => e.message).join('; ') };
  },
};

module.exports = { Ours, theirs, official };

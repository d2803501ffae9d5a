import {
  ask,
  askBytes,
  dashed,
  hasId,
  post,
  type AnswerOf,
  type Answers,
  type Asking,
  type Fields,
  type Outcome,
  type Posting,
  type Problem,
  type Settled,
} from "./api";
import { Clock, hexOf } from "./clock";
import { Shown } from "./shown";

/** Something was sent and no answer came: the person sends it again, the same bytes. */
export interface Unconfirmed {
  problem: Problem | null;
  sending: boolean;
  again(): void;
}

/** An act that waits for the person's signature. */
export interface Signing {
  meaning: string;
  what: string;
  problem: Problem | null;
  busy: boolean;
  lost: boolean;
  /** How often the box has not signed yet; each time badge and PIN are asked again. */
  tries: number;
  give(badge: string, pin: string): void;
  cancel(): void;
}

/* The box locks a session that gives no sign of life; one a minute is enough. */
const TOUCH_MS = 60_000;

/** One person at one enclave, from hand-off to sign-out; it lives in memory only. */
export class Session {
  readonly clock: Clock;
  readonly roles: ReadonlySet<string>;
  readonly unconfirmed = new Shown<Unconfirmed | null>(null);
  readonly signing = new Shown<Signing | null>(null);
  readonly ended = new Shown<boolean>(false);
  readonly locked = new Shown<boolean>(false);
  private token: string;
  private touched = performance.now();

  constructor(private readonly redeemed: Answers["redeemed"]) {
    this.token = redeemed.token;
    this.clock = new Clock(redeemed.now);
    this.roles = new Set(redeemed.roles.map((r) => r.role));
  }

  get name(): string {
    return this.redeemed.name;
  }
  get stamp(): string {
    return this.redeemed.stamp;
  }
  get enclave(): string {
    return this.redeemed.enclave;
  }

  async ask<N extends Asking>(name: N, fields: Fields<N>): Promise<Outcome<AnswerOf<N>>> {
    return this.noticing(await ask(name, fields, this.token));
  }

  async document(document: string): Promise<Outcome<Blob>> {
    return this.noticing(await askBytes(document, this.token));
  }

  /** Send an act until it has an answer; a lost one is shown and sent again by hand. */
  send<N extends Posting>(name: N, fields: Fields<N>): Promise<Settled<AnswerOf<N>>> {
    return this.deliver(name, this.bodyOf(name, fields), null);
  }

  /** As send(), but with the person's signature over exactly these bytes; null: not signed. */
  async sendSigned<N extends Posting>(
    name: N,
    fields: Fields<N>,
    meaning: string,
    what: string,
  ): Promise<Settled<AnswerOf<N>> | null> {
    const text = this.bodyOf(name, fields);
    const digest = await this.digestOf(name, text);
    const statement = await this.signature(dashed(name), digest, meaning, what);
    return statement === null ? null : this.deliver(name, text, statement);
  }

  /** Somebody acts: the box hears of it once a minute. */
  touch(): void {
    if (this.locked.value || performance.now() - this.touched < TOUCH_MS) return;
    this.touched = performance.now();
    void post("touch", "{}", this.token, null).then((outcome) => this.noticing(outcome));
  }

  /** Nobody acts any more: the screen is covered at once, whether or not the box can be told. */
  lock(): void {
    this.locked.set(true);
    void post("lock", "{}", this.token, null);
  }

  /** Its own person goes on. */
  async unlock(badge: string, pin: string): Promise<Outcome<unknown>> {
    const outcome = await post("unlock", JSON.stringify({ badge, pin }), this.token, null);
    if (outcome.kind === "answer") {
      this.token = outcome.answer.token;
      this.touched = performance.now();
      this.locked.set(false);
    }
    return this.noticing(outcome);
  }

  /** End the session; false when the box could not be told. */
  async signOut(): Promise<boolean> {
    const outcome = await post("sign_out", "{}", this.token, null);
    return outcome.kind !== "lost";
  }

  private bodyOf<N extends Posting>(name: N, fields: Fields<N>): string {
    return JSON.stringify(hasId(name) ? { id: this.clock.id(), ...fields } : fields);
  }

  private async digestOf(name: Posting, text: string): Promise<string> {
    const action = `casemate/action/1\n${dashed(name)}\n${this.enclave}\n${text}`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(action));
    return hexOf(new Uint8Array(digest));
  }

  private noticing<A>(outcome: Outcome<A>): Outcome<A> {
    if (outcome.kind === "refused" && outcome.status === 401) this.ended.set(true);
    if (outcome.kind === "refused" && outcome.status === 423) this.locked.set(true);
    return outcome;
  }

  private async deliver<N extends Posting>(
    name: N,
    text: string,
    statement: string | null,
  ): Promise<Settled<AnswerOf<N>>> {
    for (;;) {
      const outcome = this.noticing(await post(name, text, this.token, statement));
      if (outcome.kind !== "lost") {
        this.unconfirmed.set(null);
        return outcome;
      }
      await this.askedAgain(outcome.problem);
    }
  }

  private askedAgain(problem: Problem | null): Promise<void> {
    return new Promise((resolve) => {
      const again = () => {
        this.unconfirmed.set({ problem, sending: true, again: () => undefined });
        resolve();
      };
      this.unconfirmed.set({ problem, sending: false, again });
    });
  }

  private signature(operation: string, digest: string, meaning: string, what: string): Promise<string | null> {
    let tries = 0;
    return new Promise((resolve) => {
      const close = (statement: string | null) => {
        this.signing.set(null);
        resolve(statement);
      };
      const show = (part: Pick<Signing, "problem" | "busy" | "lost">) =>
        this.signing.set({ meaning, what, ...part, tries, give, cancel: () => close(null) });
      const give = async (badge: string, pin: string) => {
        show({ problem: null, busy: true, lost: false });
        const body = JSON.stringify({ badge, pin, operation, digest, meaning });
        const outcome = await post("sign", body, this.token, null);
        if (outcome.kind === "answer") return close(outcome.answer.statement);
        tries++;
        show({ problem: outcome.problem, busy: false, lost: outcome.kind === "lost" });
      };
      show({ problem: null, busy: false, lost: false });
    });
  }
}

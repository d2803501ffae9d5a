import { glassActions } from "glass";
import { operations } from "types";
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
  type Name,
  type Outcome,
  type Posting,
  type Problem,
  type Settled,
} from "./api";
import { Clock } from "./clock";
import { digestOf, keyAnswers } from "./key";
import { DOOR, ENTRY, ENTRY_ENCLAVE, type Place } from "./place";
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
  /** Sign with the person's own security key. */
  touch(): void;
  cancel(): void;
}

/** Who works, where, and from when on. */
interface Who {
  token: string;
  name: string;
  stamp: string;
  badge: string;
  person: string;
  enclave: string;
  now: string;
  roles: string[];
}

/* The box locks a session that gives no sign of life; one a minute is enough. */
const TOUCH_MS = 60_000;
/* Forbidden and absent are one answer. */
const NOTHING_HERE = 404;
export const LOCKED = 423;
const UNTOUCHED: Problem = {
  error: "The key did not answer.",
  field: "",
  kept: "Nothing was changed.",
  todo: "Plug it in and touch it, or use badge and PIN.",
};

/** One person at one place, from sign-in or hand-off to sign-out; it lives in memory only. */
export class Session {
  readonly clock: Clock;
  readonly roles: ReadonlySet<string>;
  readonly unconfirmed = new Shown<Unconfirmed | null>(null);
  readonly signing = new Shown<Signing | null>(null);
  readonly ended = new Shown<boolean>(false);
  readonly locked = new Shown<boolean>(false);
  /** What keeps what was typed: asked before the session goes away. */
  readonly keepers = new Set<() => Promise<unknown>>();
  private token: string;
  private touched = performance.now();

  private constructor(
    private readonly who: Who,
    private readonly place: Place,
  ) {
    this.token = who.token;
    this.clock = new Clock(who.now);
    this.roles = new Set(who.roles);
  }

  /** At an enclave's door; ${badge} is the person's own, where the entry has said so. */
  static atDoor(redeemed: Answers["redeemed"], badge: string): Session {
    return new Session({ ...redeemed, badge, roles: redeemed.roles.map((r) => r.role) }, DOOR);
  }

  static atEntry(signedIn: Answers["signed_in"]): Session {
    return new Session({ ...signedIn, stamp: "", enclave: ENTRY_ENCLAVE, roles: [] }, ENTRY);
  }

  get name(): string {
    return this.who.name;
  }
  get stamp(): string {
    return this.who.stamp;
  }
  get badge(): string {
    return this.who.badge;
  }
  get person(): string {
    return this.who.person;
  }
  get enclave(): string {
    return this.who.enclave;
  }

  async ask<N extends Asking>(name: N, fields: Fields<N>): Promise<Outcome<AnswerOf<N>>> {
    return this.noticing(await ask(name, fields, this.token), name);
  }

  async part(document: string, part: number): Promise<Outcome<Blob>> {
    return this.noticing(await askBytes(document, part, this.token), "get_document");
  }

  /** Send what may be lost without harm, such as a challenge: no answer is no answer. */
  async try<N extends Posting>(name: N, fields: Fields<N>): Promise<Outcome<AnswerOf<N>>> {
    return this.noticing(await post(name, this.bodyOf(name, fields), this.token, null), name);
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
    const digest = await digestOf(`casemate/action/1\n${dashed(name)}\n${this.enclave}\n${text}`);
    const statement = await this.signature(dashed(name), digest, meaning, what);
    return statement === null ? null : this.deliver(name, text, statement);
  }

  /** Somebody acts: the box hears of it once a minute. */
  touch(): void {
    if (this.locked.value || performance.now() - this.touched < TOUCH_MS) return;
    this.touched = performance.now();
    void this.try(this.place.touch, {});
  }

  /** Nobody acts any more: the screen is covered at once, whether or not the box can be told. */
  lock(): void {
    this.locked.set(true);
    void this.keep().then(() => post(this.place.lock, "{}", this.token, null));
  }

  private async keep(): Promise<void> {
    await Promise.all(Array.from(this.keepers, (keeper) => keeper()));
  }

  /** Its own person goes on. */
  async unlock(badge: string, pin: string): Promise<Outcome<unknown>> {
    return this.unlocked(await post(this.place.unlock, JSON.stringify({ badge, pin }), this.token, null));
  }

  /** The same with the person's key. */
  async unlockByKey(): Promise<Outcome<unknown>> {
    const challenge = await post(this.place.unlockChallenge, "{}", this.token, null);
    if (challenge.kind !== "answer") return challenge;
    const answer = await keyAnswers(challenge.answer);
    if (answer === null) return { kind: "refused", status: 403, problem: UNTOUCHED };
    return this.unlocked(await post(this.place.unlockKey, JSON.stringify(answer), this.token, null));
  }

  /** End the session; false when the box could not be told. */
  async signOut(): Promise<boolean> {
    await this.keep();
    const outcome = await post(this.place.signOut, "{}", this.token, null);
    return outcome.kind !== "lost";
  }

  /** The one-time code of an enclave's door; only at the entry. */
  enter(enclave: string): Promise<Outcome<Answers["handed_off"]>> {
    return post("enter", JSON.stringify({ enclave }), this.token, null);
  }

  private bodyOf<N extends Posting>(name: N, fields: Fields<N>): string {
    return JSON.stringify(hasId(name) ? { id: this.clock.id(), ...fields } : fields);
  }

  private unlocked(outcome: Outcome<Answers["unlocked"]>): Outcome<unknown> {
    if (outcome.kind === "answer") {
      this.token = outcome.answer.token;
      this.touched = performance.now();
      this.locked.set(false);
    }
    return this.noticing(outcome);
  }

  /** What was refused under ${name} may be one that breaking the glass opens: then it says so. */
  private noticing<A>(outcome: Outcome<A>, name?: Name): Outcome<A> {
    if (outcome.kind !== "refused") return outcome;
    if (outcome.status === 401) this.ended.set(true);
    if (outcome.status === LOCKED) this.locked.set(true);
    const action = name === undefined ? "" : operations[name].action;
    if (outcome.status !== NOTHING_HERE || !glassActions.includes(action)) return outcome;
    return { ...outcome, problem: { ...outcome.problem, breakable: action } };
  }

  private async deliver<N extends Posting>(
    name: N,
    text: string,
    statement: string | null,
  ): Promise<Settled<AnswerOf<N>>> {
    for (;;) {
      const outcome = this.noticing(await post(name, text, this.token, statement), name);
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

  private async signedByKey(what: {
    operation: string;
    digest: string;
    meaning: string;
  }): Promise<Outcome<Answers["statement"]>> {
    const challenge = await post(this.place.signChallenge, JSON.stringify(what), this.token, null);
    if (challenge.kind !== "answer") return challenge;
    const answer = await keyAnswers(challenge.answer);
    if (answer === null) return { kind: "refused", status: 403, problem: UNTOUCHED };
    return post(this.place.signKey, JSON.stringify(answer), this.token, null);
  }

  private signature(operation: string, digest: string, meaning: string, what: string): Promise<string | null> {
    let tries = 0;
    return new Promise((resolve) => {
      const close = (statement: string | null) => {
        this.signing.set(null);
        resolve(statement);
      };
      const show = (part: Pick<Signing, "problem" | "busy" | "lost">) =>
        this.signing.set({ meaning, what, ...part, tries, give, touch, cancel: () => close(null) });
      const heard = (outcome: Outcome<Answers["statement"]>) => {
        if (outcome.kind === "answer") return close(outcome.answer.statement);
        tries++;
        this.noticing(outcome);
        show({ problem: outcome.problem, busy: false, lost: outcome.kind === "lost" });
      };
      const give = async (badge: string, pin: string) => {
        show({ problem: null, busy: true, lost: false });
        const body = JSON.stringify({ badge, pin, operation, digest, meaning });
        heard(await post(this.place.sign, body, this.token, null));
      };
      const touch = async () => {
        show({ problem: null, busy: true, lost: false });
        heard(await this.signedByKey({ operation, digest, meaning }));
      };
      show({ problem: null, busy: false, lost: false });
    });
  }
}

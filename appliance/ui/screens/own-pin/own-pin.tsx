import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { Keypad, typed } from "../../parts/keypad";
import { Refusal } from "../../parts/refusal";
import { words } from "./words";

type Stage = "present" | "new" | "again";

const SHORTEST = { present: 4, new: 6, again: 6 };
const LONGEST = 64;
/* What a scanner or a number pad sends at once. */
const ALL_DIGITS = /^[0-9]{4,64}$/;
/* The present PIN was not right, or may not be tried. */
const WRONG: ReadonlySet<number> = new Set([403, 429]);

interface Props {
  session: Session;
  /** The present PIN, where its person has just typed it; else "". */
  present: string;
  /** Why it is asked, or "". */
  why: string;
  leaveWord: string;
  leave(): void;
  done(pin: string, said: string): void;
}

/** A PIN of one's own: the present one, the new one, and the new one again; one at a time. */
export function OwnPin({ session, present, why, leaveWord, leave, done }: Props) {
  const [known, setKnown] = useState(present);
  const [stage, setStage] = useState<Stage>(present === "" ? "present" : "new");
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const change = async (pin: string) => {
    setBusy(true);
    const outcome = await session.try("change_pin", { pin: known, new_pin: pin });
    setBusy(false);
    if (outcome.kind === "answer") return done(pin, outcome.answer.text);
    setProblem(outcome.problem ?? words.lost);
    const wrong = outcome.kind === "refused" && WRONG.has(outcome.status);
    if (wrong) setKnown("");
    setStage(wrong ? "present" : "new");
  };
  const give = (pin: string) => {
    if (busy) return;
    if (stage === "present") {
      setProblem(null);
      setKnown(pin);
      setStage("new");
    } else if (stage === "new") {
      setProblem(null);
      setChosen(pin);
      setStage("again");
    } else if (pin === chosen) {
      void change(pin);
    } else {
      setProblem(words.differ);
      setStage("new");
    }
  };
  return (
    <Digits key={stage} title={words[stage]} shortest={SHORTEST[stage]} busy={busy} give={give}>
      {why !== "" && problem === null && <p class="notice">{why}</p>}
      {problem !== null && <Refusal problem={problem} />}
      <p class="quiet">{busy ? words.wait : stage === "new" ? words.rule : stage === "again" ? words.againNote : ""}</p>
      <button type="button" class="button" disabled={busy} onClick={leave}>
        {leaveWord}
      </button>
    </Digits>
  );
}

interface DigitsOf {
  title: string;
  shortest: number;
  busy: boolean;
  give(pin: string): void;
  children: ComponentChildren;
}

/** One PIN, typed, or with the keys on the screen. */
function Digits({ title, shortest, busy, give, children }: DigitsOf) {
  const [pin, setPin] = useState("");
  /* A field below must not take what is meant for here. */
  useLayoutEffect(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }, []);
  const press = (key: string) => {
    if (busy) return;
    if (key === "Escape") setPin("");
    else if (key !== "Enter") setPin((text) => typed(text, key, LONGEST));
    else if (pin.length >= shortest) give(pin);
  };
  useWedge({ scan: (text) => !busy && ALL_DIGITS.test(text) && give(text), key: press });
  return (
    <div class="credentials credentials-pin">
      <div class="credentials-ask">
        <h1>{title}</h1>
        <p class="pin" data-field="pin" aria-label={`${pin.length}`}>
          {Array.from({ length: Math.max(pin.length, shortest) }, (_, i) => (
            <span key={i} class={i < pin.length ? "dot dot-full" : "dot"} />
          ))}
        </p>
        {children}
      </div>
      <Keypad layout="digits" press={press} canEnter={pin.length >= shortest && !busy} />
    </div>
  );
}

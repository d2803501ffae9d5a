import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { enterAt } from "../../app/enter";
import type { Session } from "../../app/session";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words } from "./words";

interface Props {
  session: Session;
  programs: Answers["enclave_choice"][];
  /** What the box had to say at sign-in, or "". */
  note: string;
}

/** An officer goes on into a program. */
export function Programs({ session, programs, note }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState<string | null>(null);
  const enter = async (enclave: string) => {
    setBusy(true);
    setLost(null);
    const outcome = await enterAt(session, enclave);
    if (outcome.kind === "answer") return;
    setBusy(false);
    if (outcome.kind === "refused") setProblem(outcome.problem);
    else setLost(enclave);
  };
  return (
    <section class="desk">
      <h1>{words.heading(session.name)}</h1>
      {note !== "" && <p class="notice">{note}</p>}
      {problem !== null && <Refusal problem={problem} />}
      {lost !== null && <NoAnswer again={() => void enter(lost)} />}
      {programs.length === 0 && <p>{words.none}</p>}
      <div class="programs">
        {programs.map((choice) => (
          <button
            key={choice.enclave}
            type="button"
            class="button button-main"
            disabled={busy}
            onClick={() => void enter(choice.enclave)}
          >
            {choice.name}
          </button>
        ))}
      </div>
    </section>
  );
}

import { useState } from "preact/hooks";
import type { Outcome, Problem } from "../app/api";
import type { Session } from "../app/session";
import { Credentials } from "./credentials";
import { Refusal } from "./refusal";
import { words } from "./words";

/** What a locked session shows: nothing of its work, and how its own person goes on, or somebody else begins. */
export function LockedPanel({ session, leave }: { session: Session; leave(): void }) {
  const [busy, setBusy] = useState(false);
  const [tries, setTries] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);

  const open = async (asked: Promise<Outcome<unknown>>) => {
    setBusy(true);
    const outcome = await asked;
    if (outcome.kind === "answer") return;
    setBusy(false);
    setLost(outcome.kind === "lost");
    setProblem(outcome.problem);
    setTries((n) => n + 1);
  };

  return (
    <section class="over signing locked" role="alertdialog" aria-label={words.lockedTitle}>
      <div class="signing-facts">
        <h1>{words.lockedTitle}</h1>
        <p>{words.lockedText(session.name)}</p>
        {problem !== null && <Refusal problem={problem} />}
        {problem === null && lost && <p class="notice">{words.lostQuestion}</p>}
        <button type="button" class="button" disabled={busy} onClick={leave}>
          {words.lockedOther}
        </button>
        <p class="quiet">{words.lockedOtherNote(session.name)}</p>
      </div>
      <Credentials
        key={tries}
        busy={busy}
        give={(badge, pin) => void open(session.unlock(badge, pin))}
        touch={{ behindBadge: false, act: () => void open(session.unlockByKey()) }}
      />
    </section>
  );
}

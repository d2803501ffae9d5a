import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { missing, type Job, type Step } from "./steps";
import { words } from "./words";

interface Props {
  session: Session;
  job: Job;
  steps: Step[];
  finished(done: Answers["done"]): void;
  refused(problem: Problem): void;
}

/** The last step: what was recorded, and the buy-off where the operation asks for one. */
export function Finish({ session, job, steps, finished, refused }: Props) {
  const [busy, setBusy] = useState(false);
  const open = missing(job, steps);
  const fields = { unit: job.unit, sequence: job.sequence };

  const finish = async () => {
    setBusy(true);
    const about = words.about(job.serial, job.sequence, job.operation);
    const outcome = job.buyoff
      ? await session.sendSigned("complete_operation", fields, words.buyoff, about)
      : await session.send("complete_operation", fields);
    setBusy(false);
    if (outcome === null) return;
    if (outcome.kind === "refused") refused(outcome.problem);
    else finished(outcome.answer);
  };

  return (
    <div class="finish">
      <ul class="finish-values">
        {job.characteristics
          .filter((c) => c.recorded)
          .map((c) => (
            <li key={c.balloon}>
              <Mark shape={c.passed ? "pass" : "fail"} />
              <span class="balloon">{c.balloon}</span> {c.name}
              <b>
                {c.value} {c.unit}
              </b>
            </li>
          ))}
        {open.map((step) => (
          <li key={step.text} class="finish-missing">
            <Mark shape="open" /> {words.missing} {words.kinds[step.kind]} {step.characteristic?.balloon ?? ""}
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button button-main finish-button"
        disabled={busy || open.length > 0}
        onClick={() => void finish()}
      >
        {job.buyoff ? words.signButton : words.finishButton}
      </button>
    </div>
  );
}

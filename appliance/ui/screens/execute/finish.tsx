import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { GO_NO_GO, missing, type Job, type Step } from "./steps";
import { words } from "./words";

interface Props {
  session: Session;
  job: Job;
  steps: Step[];
  finished(done: Answers["done"]): void;
  refused(problem: Problem): void;
  foot(main: ComponentChildren): VNode;
}

/** The last step: what was recorded, and the buy-off where the operation asks for one. */
export function Finish({ session, job, steps, finished, refused, foot }: Props) {
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
    <>
      <ul class="step-body finish-values">
        {job.characteristics
          .filter((c) => c.recorded)
          .map((c) => (
            <li key={c.balloon}>
              <Mark shape={c.passed ? "pass" : "fail"} />
              <span class="balloon">{c.balloon}</span> {c.name}
              <b>{c.unit === GO_NO_GO ? words.go : `${c.value} ${c.unit}`}</b>
            </li>
          ))}
        {open.map((step, i) => (
          <li key={i} class="finish-missing">
            <Mark shape="open" /> {words.missing} {words.kinds[step.kind]} {step.characteristic?.balloon ?? ""}
          </li>
        ))}
      </ul>
      {foot(
        <button
          type="button"
          class="button button-main"
          data-act="finish"
          disabled={busy || open.length > 0}
          onClick={() => void finish()}
        >
          {job.buyoff ? words.signButton : words.finishButton}
        </button>,
      )}
    </>
  );
}

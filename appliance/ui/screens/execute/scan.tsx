import type { ComponentChildren, VNode } from "preact";
import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { Keypad, typed } from "../../parts/keypad";
import { Mark } from "../../parts/mark";
import type { Job } from "./steps";
import { words } from "./words";

const LONGEST = 64;

interface Props {
  session: Session;
  job: Job;
  heard(done: Answers["done"]): void;
  refused(problem: Problem): void;
  foot(main: ComponentChildren): VNode;
}

/** The unit's own code is scanned: the box says whether it is the right one. */
export function ScanStep({ session, job, heard, refused, foot }: Props) {
  const [text, setText] = useState("");
  const [keys, setKeys] = useState(false);
  const [busy, setBusy] = useState(false);

  const scan = async (code: string) => {
    if (busy || job.scanned || code.trim() === "") return;
    setBusy(true);
    const outcome = await session.send("scan_serial", {
      unit: job.unit,
      sequence: job.sequence,
      code: code.trim(),
    });
    setBusy(false);
    setText("");
    setKeys(false);
    if (outcome.kind === "refused") refused(outcome.problem);
    else heard(outcome.answer);
  };
  const press = (key: string) => {
    if (job.scanned) return;
    if (key === "Enter") void scan(text);
    else if (key === "Escape") setText("");
    else setText((before) => typed(before, key, LONGEST));
  };
  useWedge({ scan: (code) => void scan(code), key: press });

  return (
    <>
      <div class="step-body scan">
        {job.scanned ? (
          <>
            <p class="value" data-field="scanned">
              {job.serial}
            </p>
            <p class="verdict">
              <Mark shape="pass" /> {words.scanned}
            </p>
          </>
        ) : (
          <>
            {!keys && <h1>{words.scanTitle}</h1>}
            {!keys && <p class="quiet">{words.scanOf(job.serial)}</p>}
            {(keys || text !== "") && <p class="typed">{text}</p>}
            {keys ? (
              <Keypad layout="letters" press={press} canEnter={text !== "" && !busy} />
            ) : (
              <button type="button" class="button" onClick={() => setKeys(true)}>
                {words.scanKeys}
              </button>
            )}
          </>
        )}
      </div>
      {foot(null)}
    </>
  );
}

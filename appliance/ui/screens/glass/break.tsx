import type { ComponentChildren } from "preact";
import { glassActions } from "glass";
import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { opens } from "../../parts/glass-words";
import { Heard } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { words } from "./words";

/* No page shows them, so nothing would open. */
const WITHOUT_PAGE = "view-nonconformances";
const LONGEST = 200;

type Step = "what" | "why" | "facts" | "open";
const STEPS: Step[] = ["what", "why", "facts"];

interface Props {
  session: Session;
  program: string;
  /** What was refused, or "": then the person says it. */
  wanted: string;
  /** Resolves when the program knows of it. */
  opened(): Promise<void>;
  leave(): void;
}

/** One thing at a time: what, why, what follows from it, the signature. */
export function Break({ session, program, wanted, opened, leave }: Props) {
  const [action, setAction] = useState(wanted);
  const [step, setStep] = useState<Step>(wanted === "" ? "what" : "why");
  const [reason, setReason] = useState("");
  const [waiting, setWaiting] = useState(false);
  const act = useAct();
  /* What lies below must not take what is scanned here. */
  useWedge({ scan: () => undefined });
  const why = reason.trim();
  const steps = wanted === "" ? STEPS : STEPS.slice(1);
  const at = steps.indexOf(step);

  const back = () => {
    act.clear();
    const before = steps[at - 1];
    if (before === undefined) leave();
    else setStep(before);
  };
  const breakIt = async () => {
    const fields = { action, reason: why };
    if (!(await act.run(() => session.sendSigned("break_glass", fields, words.meaning, `${opens(action)}: ${why}`))))
      return;
    setWaiting(true);
    await opened();
    setWaiting(false);
    setStep("open");
  };

  if (step === "open")
    return (
      <Panel head={opens(action)} title={words.open}>
        <Heard act={act} />
        <p class="glass-text">{words.openText}</p>
        <div class="glass-acts">
          <button type="button" class="button button-main" onClick={leave}>
            {words.goOn}
          </button>
        </div>
      </Panel>
    );
  const busy = act.busy || waiting;
  return (
    <Panel
      head={words.steps(at + 1, steps.length)}
      title={step === "what" ? words.what : step === "why" ? words.why : words.before}
    >
      {step === "what" && (
        <>
          <p class="quiet">{words.whatNote}</p>
          <div class="glass-choices">
            {glassActions
              .filter((one) => one !== WITHOUT_PAGE)
              .map((one) => (
                <button
                  key={one}
                  type="button"
                  class="button"
                  onClick={() => {
                    setAction(one);
                    setStep("why");
                  }}
                >
                  {opens(one)}
                </button>
              ))}
          </div>
        </>
      )}
      {step === "why" && <Why action={action} reason={reason} set={setReason} />}
      {step === "facts" && <Facts program={program} action={action} why={why} />}
      {step === "facts" && (waiting ? <p role="status">{words.wait}</p> : <Heard act={act} />)}
      <div class="glass-acts">
        <button type="button" class="button" disabled={busy} onClick={back}>
          {at === 0 ? words.leave : words.back}
        </button>
        {step === "why" && (
          <button type="button" class="button button-main" disabled={why === ""} onClick={() => setStep("facts")}>
            {words.next}
          </button>
        )}
        {step === "facts" && (
          <button type="button" class="button button-stop" disabled={busy} onClick={() => void breakIt()}>
            {words.act}
          </button>
        )}
      </div>
    </Panel>
  );
}

function Panel({ head, title, children }: { head: string; title: string; children: ComponentChildren }) {
  return (
    <section class="over glass" role="dialog" aria-label={words.act}>
      <p class="glass-head">{head}</p>
      <h1>{title}</h1>
      {children}
    </section>
  );
}

function Why({ action, reason, set }: { action: string; reason: string; set(reason: string): void }) {
  return (
    <>
      <p class="glass-text">
        {words.opens}: <b>{opens(action)}</b>
      </p>
      <textarea
        class="reason-text"
        aria-label={words.why}
        rows={4}
        maxLength={LONGEST}
        value={reason}
        onInput={(event) => set(event.currentTarget.value)}
      />
      <p class="quiet">{words.whyNote}</p>
    </>
  );
}

function Facts({ program, action, why }: { program: string; action: string; why: string }) {
  return (
    <>
      <p class="glass-text">
        {words.opens}: <b>{opens(action)}</b>. {words.because}: {words.said(why)}
      </p>
      <ul class="glass-facts">
        {words.facts(program).map((fact) => (
          <li key={fact}>
            <Mark shape="here" /> <span>{fact}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { wedgeHolds } from "../../app/wedge";
import { Mark } from "../../parts/mark";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { useDraft } from "./draft";
import { Drawing } from "./drawing";
import { Finish } from "./finish";
import { Measure } from "./measure";
import { ScanStep } from "./scan";
import { isRecorded, resumeAt, stepsOf, type Characteristic, type Job, type Step } from "./steps";
import { Stop, type Stopped } from "./stop";
import { words } from "./words";

interface Props {
  session: Session;
  legend: string;
  unit: string;
  sequence: number;
  leave(said: string): void;
}

/** One operation on one unit: one step fills the screen. */
export function Execute({ session, legend, unit, sequence, leave }: Props) {
  const asked = useAsked(session, "get_job", { unit, sequence }, OPEN_MS);
  const [at, setAt] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [stopped, setStopped] = useState<Stopped | null>(null);
  const [drawing, setDrawing] = useState(false);
  const draft = useDraft(session, unit, sequence);
  const job = asked.answer;

  useEffect(() => {
    if (job !== null && at === null) setAt(resumeAt(job, stepsOf(job)));
  }, [job, at]);

  const isRefused = asked.problem !== null && job === null;
  useEffect(() => {
    if (isRefused) session.signing.value?.cancel();
  }, [session, isRefused]);

  if (stopped !== null && !isRefused) return <Stop stopped={stopped} leave={() => leave("")} />;
  if (job === null || at === null)
    return (
      <section class="centre">
        {asked.problem !== null && <Refusal problem={asked.problem} />}
        {asked.lost && <NoAnswer again={asked.again} />}
        {asked.problem === null && !asked.lost && <p class="quiet">{words.loading}</p>}
        <button type="button" class="button" onClick={() => leave("")}>
          {words.back}
        </button>
      </section>
    );

  const steps = stepsOf(job);
  const step = steps[at];
  if (step === undefined) return null;
  /* The box is asked before anything more is shown. */
  const go = async (to: number) => {
    setProblem(null);
    await wedgeHolds(async () => {
      if (await asked.again()) setAt(Math.max(0, Math.min(to, steps.length - 1)));
    });
  };
  const open = async () => {
    if (await asked.again()) setDrawing(true);
  };
  const heard = (done: Answers["done"], characteristic: Characteristic | null, value: string) => {
    if (done.held) return setStopped({ text: done.text, characteristic, value });
    setProblem(null);
    void asked.again();
  };
  const finished = (done: Answers["done"]) =>
    done.held ? setStopped({ text: done.text, characteristic: null, value: "" }) : leave(done.text);

  const foot = (main: ComponentChildren) => (
    <Foot job={job} at={at} go={(to) => void go(to)} leave={leave} open={() => void open()}>
      {main ?? <NextButton recorded={isRecorded(job, step)} go={() => void go(at + 1)} />}
    </Foot>
  );
  return (
    <section class="execute">
      <Progress job={job} steps={steps} at={at} go={(to) => void go(to)} />
      <div class="step">
        <Head job={job} step={step} at={at} count={steps.length} />
        {problem !== null && <Refusal problem={problem} />}
        {asked.problem !== null && <Refusal problem={asked.problem} />}
        {asked.lost && <NoAnswer again={asked.again} />}
        {step.kind === "measure" && step.characteristic !== null ? (
          <Measure
            key={`${step.characteristic.balloon} ${draft.typed === null}`}
            session={session}
            job={job}
            characteristic={step.characteristic}
            typed={draft.typed?.[step.characteristic.balloon] ?? ""}
            keep={(text) => draft.put(step.characteristic?.balloon ?? "", text)}
            heard={heard}
            refused={setProblem}
            foot={foot}
          />
        ) : step.kind === "scan" ? (
          <ScanStep
            session={session}
            job={job}
            heard={(done) => heard(done, null, "")}
            refused={setProblem}
            foot={foot}
          />
        ) : step.kind === "sign" ? (
          <Finish
            session={session}
            job={job}
            steps={steps}
            finished={finished}
            refused={setProblem}
            foot={foot}
          />
        ) : (
          <>
            <div class="step-body" />
            {foot(null)}
          </>
        )}
      </div>
      {drawing && <Drawing session={session} job={job} legend={legend} close={() => setDrawing(false)} />}
    </section>
  );
}

function Head({ job, step, at, count }: { job: Job; step: Step; at: number; count: number }) {
  const isLong = step.kind === "read" || step.kind === "task";
  return (
    <>
      <div class="step-head">
        <p class="serial">{job.serial}</p>
        <p class="quiet">{words.operation(job.sequence, job.operation)}</p>
        <span class="grow" />
        <p class="quiet">{words.stepOf(at + 1, count)}</p>
      </div>
      <p class={isLong ? "step-text step-text-long" : "step-text"}>{step.text}</p>
    </>
  );
}

interface ProgressProps {
  job: Job;
  steps: Step[];
  at: number;
  go(to: number): void;
}

function Progress({ job, steps, at, go }: ProgressProps) {
  return (
    <ol class="progress">
      {steps.map((step, i) => {
        const recorded = isRecorded(job, step);
        const done = recorded ?? i < at;
        return (
          <li key={i} aria-current={i === at ? "step" : undefined}>
            <button type="button" disabled={i > at} onClick={() => go(i)}>
              <Mark shape={done ? "pass" : i === at ? "here" : "open"} />
              <span>
                {words.kinds[step.kind]} {step.characteristic?.balloon ?? ""}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

interface FootProps {
  job: Job;
  at: number;
  go(to: number): void;
  leave(said: string): void;
  open(): void;
  children: ComponentChildren;
}

/** Always the same: where one came from at the left, the one thing to do next at the right. */
function Foot({ job, at, go, leave, open, children }: FootProps) {
  return (
    <footer class="step-foot">
      <button type="button" class="button" onClick={() => (at === 0 ? leave("") : go(at - 1))}>
        {at === 0 ? words.back : words.previous}
      </button>
      {job.document_title !== "" && (
        <button type="button" class="button" onClick={open}>
          {words.drawing}
        </button>
      )}
      <span class="grow" />
      {children}
    </footer>
  );
}

function NextButton({ recorded, go }: { recorded: boolean | null; go(): void }) {
  return (
    <button type="button" class="button button-main" disabled={recorded === false} onClick={go}>
      {recorded === null ? words.done : words.next}
    </button>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { NoAnswer, Refusal } from "../../parts/refusal";
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
  const asked = useAsked(session, "get_job", { unit, sequence }, 0);
  const [at, setAt] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [stopped, setStopped] = useState<Stopped | null>(null);
  const [drawing, setDrawing] = useState(false);
  const job = asked.answer;

  useEffect(() => {
    if (job !== null && at === null) setAt(resumeAt(job, stepsOf(job)));
  }, [job, at]);

  if (stopped !== null) return <Stop stopped={stopped} leave={() => leave("")} />;
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
  const go = (to: number) => {
    setProblem(null);
    setAt(Math.max(0, Math.min(to, steps.length - 1)));
  };
  const heard = (done: Answers["done"], characteristic: Characteristic | null, value: string) => {
    if (done.held) return setStopped({ text: done.text, characteristic, value });
    setProblem(null);
    asked.again();
  };
  const finished = (done: Answers["done"]) =>
    done.held ? setStopped({ text: done.text, characteristic: null, value: "" }) : leave(done.text);

  return (
    <section class="execute">
      <Progress job={job} steps={steps} at={at} go={go} />
      <div class="step">
        <div class="step-head">
          <p class="serial">{job.serial}</p>
          <p class="quiet">{words.operation(job.sequence, job.operation)}</p>
        </div>
        {problem !== null && <Refusal problem={problem} />}
        <p class="step-kind">
          {words.stepOf(at + 1, steps.length)} · {words.kinds[step.kind]}
        </p>
        <p class="step-text">{step.text}</p>
        {step.kind === "measure" && step.characteristic !== null && (
          <Measure
            key={step.characteristic.balloon}
            session={session}
            job={job}
            characteristic={step.characteristic}
            heard={heard}
            refused={setProblem}
          />
        )}
        {step.kind === "scan" && (
          <ScanStep session={session} job={job} heard={(done) => heard(done, null, "")} refused={setProblem} />
        )}
        {step.kind === "sign" && (
          <Finish session={session} job={job} steps={steps} finished={finished} refused={setProblem} />
        )}
        <Foot job={job} steps={steps} at={at} go={go} leave={leave} open={() => setDrawing(true)} />
      </div>
      {drawing && <Drawing session={session} job={job} legend={legend} close={() => setDrawing(false)} />}
    </section>
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

interface FootProps extends ProgressProps {
  leave(said: string): void;
  open(): void;
}

function Foot({ job, steps, at, go, leave, open }: FootProps) {
  const step = steps[at];
  const recorded = step === undefined ? false : isRecorded(job, step);
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
      {step?.kind !== "sign" && (
        <button
          type="button"
          class={recorded === false ? "button" : "button button-main"}
          disabled={recorded === false}
          onClick={() => go(at + 1)}
        >
          {recorded === null ? words.done : words.next}
        </button>
      )}
    </footer>
  );
}

import type { Answers } from "../../app/api";
import { words } from "./words";

export type Job = Answers["job"];
export type Characteristic = Answers["characteristic"];
export type Kind = keyof typeof words.kinds;

/** The unit of an attributive characteristic: 1 is go, 0 is no-go. */
export const GO_NO_GO = "go";

export interface Step {
  kind: Kind;
  text: string;
  characteristic: Characteristic | null;
}

/** The job's steps as shown: it always ends with the step that finishes it. */
export function stepsOf(job: Job): Step[] {
  const steps: Step[] = job.steps.map((step) => ({
    kind: step.kind in words.kinds ? (step.kind as Kind) : "task",
    text: step.text,
    characteristic: job.characteristics.find((c) => c.balloon === step.characteristic) ?? null,
  }));
  if (steps[steps.length - 1]?.kind !== "sign")
    steps.push({ kind: "sign", text: words.finishText, characteristic: null });
  return steps;
}

/** Whether the box holds what this step asks for; null where it asks for nothing recorded. */
export function isRecorded(job: Job, step: Step): boolean | null {
  if (step.kind === "measure") {
    const { characteristic } = step;
    return characteristic === null ? null : characteristic.recorded && characteristic.passed;
  }
  return step.kind === "scan" ? job.scanned : null;
}

/** Where a person goes on: behind the last step that is recorded. */
export function resumeAt(job: Job, steps: Step[]): number {
  let at = 0;
  steps.forEach((step, i) => {
    if (isRecorded(job, step) === true) at = i + 1;
  });
  return Math.min(at, steps.length - 1);
}

/** What still has to be recorded before the operation can be finished. */
export function missing(job: Job, steps: Step[]): Step[] {
  return steps.filter((step) => isRecorded(job, step) === false);
}

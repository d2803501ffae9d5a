import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import { date } from "../../app/clock";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { Mark } from "../../parts/mark";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words } from "./words";

type Task = Answers["task"];
type State = keyof typeof words.states;

function stateOf(task: Task): State {
  return task.state in words.states ? (task.state as State) : "blocked";
}

function canOpen(task: Task): boolean {
  return task.state === "ready" || (task.state === "running" && task.mine);
}

interface Props {
  session: Session;
  /** What the last job ended with. */
  said: string;
  open(unit: string, sequence: number): void;
}

/** The next job, huge; the others below it, each with its reason in words. */
export function Tasks({ session, said, open }: Props) {
  const tasks = useAsked(session, "get_tasks", {}, OPEN_MS);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [unknown, setUnknown] = useState("");

  const begin = async (task: Task) => {
    if (busy) return;
    setProblem(null);
    setUnknown("");
    if (task.state === "running") return open(task.unit, task.sequence);
    setBusy(true);
    const outcome = await session.send("start_operation", { unit: task.unit, sequence: task.sequence });
    setBusy(false);
    if (outcome.kind === "answer") return open(task.unit, task.sequence);
    setProblem(outcome.problem);
    void tasks.again();
  };
  const list = tasks.answer?.tasks ?? [];
  useWedge({
    scan: (code) => {
      const found = list.find((task) => task.serial === code && canOpen(task));
      if (found === undefined) setUnknown(code);
      else void begin(found);
    },
  });

  if (tasks.answer === null)
    return tasks.problem !== null ? (
      <Refusal problem={tasks.problem} />
    ) : tasks.lost ? (
      <NoAnswer again={tasks.again} />
    ) : (
      <p class="centre quiet">{words.loading}</p>
    );

  const next = list.find((task) => task.state === "running" && task.mine) ?? list.find(canOpen);
  const others = list.filter((task) => task !== next);
  return (
    <section class="tasks">
      {problem !== null && <Refusal problem={problem} />}
      {unknown !== "" && <p class="notice">{words.notFound(unknown)}</p>}
      {said !== "" && problem === null && (
        <p class="said" role="status">
          <Mark shape="pass" /> {said}
        </p>
      )}
      {next === undefined ? (
        <div class="next next-none">
          <h1>{words.nothing}</h1>
          <p>{words.nothingText}</p>
        </div>
      ) : (
        <Next task={next} busy={busy} begin={() => void begin(next)} />
      )}
      <div class="list-head">
        <h2>{others.length > 0 ? words.others : ""}</h2>
        <span class="quiet">{words.counts(tasks.answer.ready, tasks.answer.blocked, tasks.answer.held)}</span>
      </div>
      <ul class="rows">
        {others.map((task) => (
          <Row key={`${task.unit} ${task.sequence}`} task={task} busy={busy} begin={() => void begin(task)} />
        ))}
      </ul>
    </section>
  );
}

function Facts({ task }: { task: Task }) {
  return (
    <p class="facts">
      <span>{words.part(task.part, task.revision)}</span>
      <span>{task.order_number}</span>
      <span>{words.at(task.equipment)}</span>
      {task.due !== "" && <span>{words.due(date(task.due))}</span>}
    </p>
  );
}

function Next({ task, busy, begin }: { task: Task; busy: boolean; begin(): void }) {
  const state = stateOf(task);
  return (
    <article class="next" data-task={task.serial}>
      <div class="next-what">
        <h2 class="quiet">{words.next}</h2>
        <h1>{words.operation(task.sequence, task.operation)}</h1>
        <p class="serial">{task.serial}</p>
        <Facts task={task} />
        <p class="reason">
          <Mark shape={state} />
          <span>
            <b>{words.states[state]}</b> {task.reason}
          </span>
        </p>
      </div>
      <button type="button" class="button button-main next-start" disabled={busy} onClick={begin}>
        {task.state === "running" ? words.goOn : words.start}
      </button>
    </article>
  );
}

function Row({ task, busy, begin }: { task: Task; busy: boolean; begin(): void }) {
  const state = stateOf(task);
  return (
    <li class={`row row-${state}`} data-task={task.serial}>
      <Mark shape={state} />
      <div class="row-what">
        <p class="row-title">
          <b class="serial-small">{task.serial}</b> {words.operation(task.sequence, task.operation)}
        </p>
        <p class="row-reason">
          <b>{words.states[state]}</b> {task.reason}
        </p>
      </div>
      <p class="row-side">
        {task.order_number}
        <br />
        {task.due !== "" && words.due(date(task.due))}
      </p>
      {canOpen(task) && (
        <button type="button" class="button" disabled={busy} onClick={begin}>
          {task.state === "running" ? words.goOn : words.start}
        </button>
      )}
    </li>
  );
}

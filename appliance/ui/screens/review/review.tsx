import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers, Problem } from "../../app/api";
import { dayAndTime, moment } from "../../app/clock";
import { enterBeside } from "../../app/enter";
import type { Session } from "../../app/session";
import { LongField } from "../../parts/field";
import { opens } from "../../parts/glass-words";
import { Heard } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { Refusal } from "../../parts/refusal";
import { words } from "./words";

type Glass = Answers["broken_glass"];

const REVIEWED = "reviewed";

function isOpen(session: Session, glass: Glass): boolean {
  return Date.parse(glass.until) > session.clock.now();
}

interface RowsOf {
  session: Session;
  glasses: Glass[];
  nameOf(enclave: string): string;
  open(glass: Glass): void;
}

/** What waits first, large; what was reviewed is folded away. */
export function GlassRows({ session, glasses, nameOf, open }: RowsOf) {
  const waiting = glasses.filter((glass) => glass.state !== REVIEWED);
  const past = glasses.filter((glass) => glass.state === REVIEWED);
  const rows = (list: Glass[]) => (
    <ul class="rows" data-list="glass">
      {list.map((glass) => (
        <li key={glass.glass}>
          <button type="button" class="row" data-glass={glass.glass} data-state={glass.state} onClick={() => open(glass)}>
            <Mark shape={glass.state === REVIEWED ? "pass" : "blocked"} />
            <span class="row-what">
              <span class="row-title">
                <b>{glass.name}</b>: {opens(glass.action)} · {nameOf(glass.enclave)}{" "}
                {isOpen(session, glass) && <span class="state">{words.open}</span>}
              </span>
              <br />
              <span class="row-reason">“{glass.reason}”</span>
              <br />
              <span class="row-reason quiet">
                {glass.state === REVIEWED
                  ? words.by(words.reviewed[glass.verdict] ?? glass.verdict, glass.reviewed_by, dayAndTime(glass.reviewed))
                  : words.span(dayAndTime(glass.broken), moment(glass.until))}
              </span>
            </span>
            <span class="row-side">{glass.state === REVIEWED ? words.read : words.review}</span>
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {waiting.length > 0 && (
        <>
          <h2>{words.heading}</h2>
          <p class="quiet">{words.waitsNote}</p>
          {rows(waiting)}
        </>
      )}
      {past.length > 0 && (
        <details class="fold">
          <summary>{words.past(past.length)}</summary>
          {rows(past)}
        </details>
      )}
    </>
  );
}

interface Props {
  session: Session;
  glass: Glass;
  /** The name of its program. */
  program: string;
  /** May this officer go on into the program? */
  enters: boolean;
  changed(): void;
  leave(): void;
}

/** One broken glass: the facts, what was done with it, and an officer's signed word. */
export function Review({ session, glass, program, enters, changed, leave }: Props) {
  const act = useAct();
  const [closing, setClosing] = useState(false);
  const mine = glass.person === session.person;
  const [before] = useState(glass.state);
  const meanwhile = before !== REVIEWED && glass.state === REVIEWED && glass.reviewed_by !== session.name;

  const close = async (reason: string) => {
    await act.run(() => session.send("revoke_record", { record: glass.glass, reason }));
    setClosing(false);
    changed();
  };
  return (
    <section class="desk" data-review={glass.state}>
      <button type="button" class="button" onClick={leave}>
        {words.back}
      </button>
      <div class="desk-head">
        <h1>
          {words.title(glass.name)} {isOpen(session, glass) && <span class="state">{words.open}</span>}
        </h1>
        {isOpen(session, glass) && (
          <button type="button" class="button" disabled={act.busy} onClick={() => setClosing(true)}>
            {words.close}
          </button>
        )}
      </div>
      <p class="sentence">“{glass.reason}”</p>
      <dl class="facts-list">
        <dt>{words.opened}</dt>
        <dd>{opens(glass.action)}</dd>
        <dt>{words.program}</dt>
        <dd>{program}</dd>
        <dt>{words.when}</dt>
        <dd>{words.span(dayAndTime(glass.broken), moment(glass.until))}</dd>
      </dl>
      <Deeds session={session} glass={glass} program={program} enters={enters} />
      <Heard act={act} />
      {glass.state === REVIEWED ? (
        <>
          <h2>
            {words.by(words.reviewed[glass.verdict] ?? glass.verdict, glass.reviewed_by, dayAndTime(glass.reviewed))}
          </h2>
          <p>{glass.words}</p>
          {meanwhile && <p class="notice">{words.meanwhile(glass.reviewed_by)}</p>}
        </>
      ) : mine ? (
        <p class="notice">{words.mine}</p>
      ) : (
        <Verdict session={session} glass={glass} changed={changed} />
      )}
      {closing && (
        <ReasonPanel
          title={words.closeTitle}
          about={words.closeAbout}
          act={words.close}
          longest={160}
          busy={act.busy}
          give={(reason) => void close(reason)}
          cancel={() => setClosing(false)}
        />
      )}
    </section>
  );
}

function Deeds({ session, glass, program, enters }: Pick<Props, "session" | "glass" | "program" | "enters">) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);
  const show = async () => {
    setProblem(null);
    const outcome = await enterBeside(session, glass.enclave, "glass");
    setLost(outcome.kind === "lost");
    if (outcome.kind === "refused") setProblem(outcome.problem);
  };
  return (
    <>
      <h2>{words.deeds}</h2>
      {problem !== null && <Refusal problem={problem} />}
      {lost && <p class="notice">{words.lost}</p>}
      {enters ? (
        <div class="desk-head">
          <p class="grow">{words.deedsNote}</p>
          <button type="button" class="button" onClick={() => void show()}>
            {words.deedsButton(program)}
          </button>
        </div>
      ) : (
        <p>{words.deedsClosed(program)}</p>
      )}
    </>
  );
}

function Verdict({ session, glass, changed }: { session: Session; glass: Glass; changed(): void }) {
  const act = useAct();
  const [verdict, setVerdict] = useState("");
  const [found, setFound] = useState("");
  const face = words.reviewed[verdict] ?? "";

  const sign = async () => {
    const fields = { glass: glass.glass, verdict, words: found.trim() };
    const what = words.what(glass.name, opens(glass.action), face);
    await act.run(() => session.sendSigned("review_glass", fields, words.meaning, what));
    changed();
  };
  return (
    <>
      <h2>{words.verdict}</h2>
      <div class="verdicts">
        {words.verdicts.map((one) => (
          <button
            key={one.verdict}
            type="button"
            class="button"
            aria-pressed={one.verdict === verdict}
            onClick={() => setVerdict(one.verdict)}
          >
            {one.face}
          </button>
        ))}
      </div>
      <LongField label={words.words} note={words.wordsNote} rows={3} longest={200} value={found} set={setFound} />
      <Heard act={act} />
      <div class="reason-acts">
        <span />
        <button
          type="button"
          class="button button-main"
          disabled={act.busy || verdict === "" || found.trim() === ""}
          onClick={() => void sign()}
        >
          {words.sign}
        </button>
      </div>
    </>
  );
}

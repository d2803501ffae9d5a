import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { AnswerOf, Asking, Fields, Problem } from "../../app/api";
import { useAsked } from "../../app/asked";
import { dayField } from "../../app/clock";
import type { Session } from "../../app/session";
import { ChoiceField, DayField, TextField, TimeField } from "../../parts/field";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words as shared } from "../../parts/words";
import { acts, words } from "./words";

/** What a question names; "" where it is not asked or left open. */
export interface Question {
  who: string;
  what: string;
  on: string;
  day: string;
  time: string;
}

/* Everybody who is read in sees the list of tasks: the people of this program. */
const EVERYBODY = "view-tasks";

/** A name as a question writes it: with + for its spaces. */
export function written(text: string): string {
  return text.trim().replaceAll(" ", "+");
}

const NOON = "12:00";

/** The optional part of a question, as it is sent: a moment of a past day. */
export function atDay({ day, time }: Question): { at?: string } {
  return day === "" ? {} : { at: `${day}T${time === "" ? NOON : time}:00Z` };
}

interface Props {
  session: Session;
  parts: readonly (keyof Question)[];
  ask(question: Question): void;
  /** What is written cannot be asked: no old answer stands below it. */
  clear(): void;
}

/** The fields of a question; Enter asks it. */
export function QuestionForm({ session, parts, ask, clear }: Props) {
  const [question, setQuestion] = useState<Question>({ who: "", what: "complete-operation", on: "", day: "", time: NOON });
  const people = useAsked(session, "who_can", { what: EVERYBODY }, 0);
  const put = (part: Partial<Question>) => setQuestion({ ...question, ...part });
  const ready = !parts.includes("who") || question.who.trim() !== "";
  return (
    <form
      class="side no-print"
      onInvalidCapture={clear}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) ask(question);
      }}
    >
      <div class="fields">
        {parts.includes("who") && (
          <TextField
            label={words.who}
            note={words.whoNote}
            longest={36}
            known={people.answer?.people.map((one) => one.name) ?? []}
            value={question.who}
            set={(who) => put({ who })}
          />
        )}
        {parts.includes("what") && (
          <ChoiceField label={words.what} choices={acts} value={question.what} set={(what) => put({ what })} />
        )}
        {parts.includes("on") && (
          <TextField
            label={words.on}
            note={words.onNote}
            longest={64}
            value={question.on}
            set={(on) => put({ on })}
          />
        )}
        {parts.includes("day") && (
          <DayField
            label={words.day}
            note={words.dayNote}
            last={dayField(session.clock.now())}
            value={question.day}
            set={(day) => put({ day })}
          />
        )}
        {question.day !== "" && (
          <TimeField
            label={words.time}
            note={words.timeNote}
            value={question.time}
            set={(time) => put({ time })}
          />
        )}
      </div>
      <div class="reason-acts">
        <span />
        <button type="submit" class="button button-main" disabled={!ready}>
          {words.ask}
        </button>
      </div>
    </form>
  );
}

/** A question that is asked once, when somebody says so. */
export function useQuestion<N extends Asking>(session: Session, name: N) {
  const [answer, setAnswer] = useState<AnswerOf<N> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState<Fields<N> | null>(null);
  const [busy, setBusy] = useState(false);
  const clear = () => {
    setAnswer(null);
    setProblem(null);
    setLost(null);
  };
  const ask = async (fields: Fields<N>) => {
    setBusy(true);
    clear();
    const outcome = await session.ask(name, fields);
    setBusy(false);
    setAnswer(outcome.kind === "answer" ? outcome.answer : null);
    if (outcome.kind === "refused") setProblem(outcome.problem);
    if (outcome.kind === "lost") setLost(fields);
  };
  const shown: ComponentChildren =
    problem !== null ? (
      <Refusal problem={problem} />
    ) : lost !== null ? (
      <NoAnswer again={() => void ask(lost)} />
    ) : busy ? (
      <p class="quiet">{shared.wait}</p>
    ) : null;
  return { answer, shown, ask, clear };
}

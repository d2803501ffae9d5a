import type { Answers } from "../../app/api";
import { day, dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Mark, type Shape } from "../../parts/mark";
import { saying } from "../../parts/record";
import { atDay, QuestionForm, useQuestion, written } from "./question";
import { words } from "./words";

/** Whether somebody may do something, and every rule and record that decides it. */
export function Why({ session }: { session: Session }) {
  const question = useQuestion(session, "why");
  return (
    <>
      <QuestionForm
        session={session}
        parts={["who", "what", "on", "day"]}
        ask={(asked) =>
          void question.ask({
            who: written(asked.who),
            what: asked.what,
            ...(asked.on.trim() === "" ? {} : { on: asked.on.trim() }),
            ...atDay(asked),
          })
        }
        clear={question.clear}
      />
      {question.shown}
      {question.answer !== null && <Answer why={question.answer} />}
    </>
  );
}

function Answer({ why }: { why: Answers["why"] }) {
  return (
    <section class="side" data-allowed={why.allowed ? "yes" : "no"}>
      <p class={why.allowed ? "sentence" : "sentence sentence-no"}>{why.sentence}</p>
      <p class="quiet">
        {words.at(dayAndTime(why.at))} {words.marking(why.marking)}{" "}
        {words.policies(why.policies, why.policy_hash)}
      </p>
      {why.reasons.length > 0 && <h2>{words.because}</h2>}
      {why.reasons.map((rule) => (
        <Rule key={rule.policy} rule={rule} />
      ))}
    </section>
  );
}

const SHAPES: { [kind: string]: Shape } = { permits: "pass", forbids: "fail", unmet: "open", erred: "held" };
const OUTCOMES: { [outcome: string]: Shape } = { true: "pass", false: "fail" };

function Rule({ rule }: { rule: Answers["policy_part"] }) {
  return (
    <article class="sheet" data-policy={rule.policy}>
      <header class="sheet-head">
        <Mark shape={SHAPES[rule.kind] ?? "open"} />
        <b>{words.kindsOf[rule.kind] ?? rule.kind}</b>
        <span class="grow">{rule.why}</span>
        <span class="quiet">{rule.policy}</span>
      </header>
      {rule.records.length > 0 && (
        <>
          <h4>{words.records}</h4>
          <ul class="rows">
            {rule.records.map((record) => (
              <li key={record.record}>
                {words.record(saying(record.attribute, record.value), record.document, record.granted_by)}{" "}
                <span class="quiet">
                  ({words.span(day(record.from), day(record.until))},{" "}
                  {words.recordStates[record.state] ?? record.state})
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {rule.parts.length > 0 && (
        <details class="fold">
          <summary>{words.parts}</summary>
          {rule.parts.map((part, i) => (
            <div key={i} class="part">
              <Mark shape={OUTCOMES[part.outcome] ?? "open"} />
              <span>
                {part.text} <b>{part.outcome}</b>
              </span>
              {part.values !== "" && <span class="part-values">{part.values}</span>}
            </div>
          ))}
        </details>
      )}
    </article>
  );
}

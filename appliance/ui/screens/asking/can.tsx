import type { Answers } from "../../app/api";
import { day, dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { atDay, QuestionForm, useQuestion, written } from "./question";
import { words } from "./words";

/** Everybody who may do something. */
export function WhoCan({ session }: { session: Session }) {
  const question = useQuestion(session, "who_can");
  return (
    <>
      <QuestionForm
        session={session}
        parts={["what", "on", "day"]}
        ask={(asked) =>
          void question.ask({
            what: asked.what,
            ...(asked.on.trim() === "" ? {} : { on: asked.on.trim() }),
            ...atDay(asked),
          })
        }
        clear={question.clear}
      />
      {question.shown}
      {question.answer !== null && <People answer={question.answer} />}
    </>
  );
}

function People({ answer }: { answer: Answers["who_can"] }) {
  const found = answer.people.length;
  return (
    <section class="side" data-found={found}>
      <p class={found > 0 ? "sentence" : "sentence sentence-no"}>
        {found === 0 ? words.nobody : words.asked(answer.asked, found)}
      </p>
      <p class="quiet">
        {answer.what}, {answer.object}. {words.at(dayAndTime(answer.at))}
      </p>
      <ul class="rows">
        {answer.people.map((one) => (
          <li key={one.person} class="row">
            <div class="row-what">
              <p class="row-title">
                <b>{one.name}</b> <span class="stamp">{one.stamp}</span>
              </p>
              <p class="row-reason quiet">{words.by(one.policies)}</p>
            </div>
            <p class="row-side">{words.until(day(one.until))}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Everything that one person may do, by kind and marking of the objects. */
export function WhatCan({ session }: { session: Session }) {
  const question = useQuestion(session, "what_can");
  return (
    <>
      <QuestionForm
        session={session}
        parts={["who", "day"]}
        ask={(asked) => void question.ask({ who: written(asked.who), ...atDay(asked) })}
        clear={question.clear}
      />
      {question.shown}
      {question.answer !== null && <Actions answer={question.answer} />}
    </>
  );
}

function Actions({ answer }: { answer: Answers["what_can"] }) {
  return (
    <section class="side" data-found={answer.actions.length}>
      <p class={answer.known ? "sentence" : "sentence sentence-no"}>
        {answer.name !== "" && <>{answer.name}. </>}
        {answer.sentence}
      </p>
      {answer.known && answer.actions.length === 0 && <p>{words.nothing}</p>}
      {answer.actions.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>{words.action}</th>
              <th>{words.kind}</th>
              <th>{words.markingHead}</th>
              <th>{words.objects}</th>
              <th>{words.example}</th>
              <th>{words.rule}</th>
            </tr>
          </thead>
          <tbody>
            {answer.actions.map((one, i) => (
              <tr key={i}>
                <td>
                  <b>{one.action}</b>
                </td>
                <td>{one.kind}</td>
                <td>{one.marking}</td>
                <td>{one.objects}</td>
                <td>{one.example}</td>
                <td>{one.policies}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

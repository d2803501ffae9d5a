import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { words } from "./words";

const EVERY_MS = 10_000;

/** Who was refused what, when, and which rules did it. */
export function Denials({ session }: { session: Session }) {
  const asked = useAsked(session, "get_security", {}, EVERY_MS);
  const list = asked.answer?.denials ?? [];
  return (
    <section class="desk">
      <h1>{words.heading}</h1>
      <Waiting asked={asked} />
      {asked.answer !== null && <p class="quiet">{list.length === 0 ? words.none : words.newest(list.length)}</p>}
      <ul class="rows">
        {list.map((denial, i) => (
          <Row key={i} denial={denial} />
        ))}
      </ul>
    </section>
  );
}

function Row({ denial }: { denial: Answers["denial"] }) {
  return (
    <li class="row denial">
      <Mark shape="fail" />
      <div class="row-what">
        <p class="row-title">
          <b>{words.denied(denial.person, denial.operation)}</b>{" "}
          {denial.object !== "" && <span>{words.onObject(denial.object)}</span>}
        </p>
        {denial.reasons.map((reason) => (
          <p key={reason.policy} class="row-reason">
            {reason.why} <span class="quiet">({reason.policy})</span>
          </p>
        ))}
      </div>
      <p class="row-side">
        {moment(denial.at)}
        <br />
        {denial.outcome}
      </p>
    </li>
  );
}

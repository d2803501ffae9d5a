import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { Used } from "../glass/used";
import { words as glass } from "../glass/words";
import { words } from "./words";

const EVERY_MS = 10_000;

type Side = "refused" | "glass";
const SIDES: { side: Side; title: string }[] = [
  { side: "refused", title: words.refused },
  { side: "glass", title: glass.title },
];

/** What was refused, and what was opened all the same. */
export function Denials({ session, first }: { session: Session; first: Side }) {
  const [side, setSide] = useState(first);
  return (
    <>
      <nav class="sides desk-sides">
        {SIDES.map((one) => (
          <button
            key={one.side}
            type="button"
            class="tab tab-narrow"
            aria-current={one.side === side ? "page" : undefined}
            onClick={() => setSide(one.side)}
          >
            {one.title}
          </button>
        ))}
      </nav>
      {side === "refused" ? <Refused session={session} /> : <Used session={session} />}
    </>
  );
}

/** Who was refused what, when, and which rules did it. */
function Refused({ session }: { session: Session }) {
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

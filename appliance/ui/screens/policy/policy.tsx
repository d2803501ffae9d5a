import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { WhatCan, WhoCan } from "../asking/can";
import { Why } from "../asking/why";
import { words as asking } from "../asking/words";
import { Propose } from "./propose";
import { PolicySet } from "./set";
import { words } from "./words";

type Set_ = Answers["policy_set"];

const EVERY_MS = 10_000;

type Side = "sets" | keyof typeof asking.kinds;
const SIDES: { side: Side; title: string }[] = [
  { side: "sets", title: words.sets },
  { side: "why", title: asking.kinds.why },
  { side: "who", title: asking.kinds.who },
  { side: "what", title: asking.kinds.what },
];

/** What the rules are, and three questions to them. */
export function Policy({ session }: { session: Session }) {
  const [side, setSide] = useState<Side>("sets");
  return (
    <>
      <nav class="sides desk-sides no-print">
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
      {side === "sets" ? (
        <Policies session={session} />
      ) : (
        <section class="desk">
          <h1>{asking.headings[side]}</h1>
          {side === "why" && <Why session={session} />}
          {side === "who" && <WhoCan session={session} />}
          {side === "what" && <WhatCan session={session} />}
        </section>
      )}
    </>
  );
}

/** The sets of rules: in force, proposed, and those of before. */
function Policies({ session }: { session: Session }) {
  const asked = useAsked(session, "get_policy", {}, EVERY_MS);
  const [chosen, setChosen] = useState("");
  const [proposing, setProposing] = useState(false);
  const sets = asked.answer?.sets ?? [];
  const set = sets.find((one) => one.proposal === chosen);

  if (proposing)
    return (
      <Propose
        session={session}
        leave={(proposal) => {
          setProposing(false);
          setChosen(proposal);
          asked.again();
        }}
      />
    );
  if (set !== undefined)
    return <PolicySet session={session} set={set} leave={() => setChosen("")} changed={asked.again} />;
  const of = (...states: string[]) => sets.filter((one) => states.includes(one.state));
  const past = of("superseded", "declined");
  const rows = (list: Set_[]) => (
    <ul class="rows">
      {list.map((one) => (
        <li key={one.proposal}>
          <Row set={one} open={() => setChosen(one.proposal)} />
        </li>
      ))}
    </ul>
  );
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.title}</h1>
        <button type="button" class="button" onClick={() => setProposing(true)}>
          {words.propose}
        </button>
      </div>
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <>
          <h2>{words.waiting}</h2>
          {of("proposed").length === 0 && <p class="quiet">{words.waitingNone}</p>}
          {rows(of("proposed"))}
          <h2>{words.inForce}</h2>
          {rows(of("installed"))}
          {past.length > 0 && (
            <details class="fold">
              <summary>{words.past(past.length)}</summary>
              {rows(past)}
            </details>
          )}
        </>
      )}
    </section>
  );
}

function history(set: Set_): string {
  const parts = [words.by(set.proposed_by, dayAndTime(set.proposed))];
  if (set.state === "installed" || set.state === "superseded")
    parts.push(words.installed(set.decided_by, dayAndTime(set.decided)));
  if (set.state === "declined") parts.push(words.declined(set.decided_by, dayAndTime(set.decided), set.decided_reason));
  return parts.join("; ");
}

function Row({ set, open }: { set: Set_; open(): void }) {
  return (
    <button type="button" class="row" data-policy={set.layer} data-state={set.state} onClick={open}>
      <Mark shape={set.state === "installed" ? "pass" : set.state === "proposed" ? "open" : "blocked"} />
      <span class="row-what">
        <span class="row-title">
          <b>{words.layers[set.layer] ?? set.layer}</b>, {words.version(set.version)}
        </span>
        <br />
        <span class="row-reason">{set.reason}</span>
        <br />
        <span class="row-reason quiet">{history(set)}</span>
      </span>
      <span class="row-side">{words.tests(set.tests)}</span>
    </button>
  );
}

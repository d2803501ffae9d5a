import { useState } from "preact/hooks";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { WhatCan, WhoCan } from "../asking/can";
import { Why } from "../asking/why";
import { words as asking } from "../asking/words";
import { Propose } from "./propose";
import { PolicySet } from "./set";
import { Sets } from "./sets";
import { words } from "./words";

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
        asked={asked}
        layers={["program", "site"]}
        send={(fields) => session.send("propose_policy", fields)}
        leave={(proposal) => {
          setProposing(false);
          setChosen(proposal);
          asked.again();
        }}
      />
    );
  if (set !== undefined)
    return <PolicySet session={session} set={set} leave={() => setChosen("")} changed={asked.again} />;
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.title}</h1>
        <button type="button" class="button" onClick={() => setProposing(true)}>
          {words.propose}
        </button>
      </div>
      <Waiting asked={asked} />
      {asked.answer !== null && <Sets sets={sets} open={setChosen} />}
    </section>
  );
}

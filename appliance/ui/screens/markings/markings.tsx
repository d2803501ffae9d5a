import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { Change } from "./change";
import { Define, Which } from "./define";
import { lineOf, nameOf, othersChanged, PROGRAM } from "./said";
import { words } from "./words";

type Marking = Answers["marking"];

const EVERY_MS = 10_000;
const IN_FORCE = "in force";

/** How the program, its parts and its documents are marked, and what waits for a second person. */
export function Markings({ session }: { session: Session }) {
  const asked = useAsked(session, "get_markings", {}, EVERY_MS);
  const act = useAct();
  const [chosen, setChosen] = useState("");
  /* What is being marked anew; "which" while that is being found. */
  const [marking, setMarking] = useState<Marking | "which" | null>(null);
  const all = asked.answer?.markings ?? [];
  const present = all.filter((one) => one.state === IN_FORCE);
  const changes = all.filter((one) => one.state !== IN_FORCE);
  const change = changes.find((one) => one.proposal === chosen);
  const leave = () => {
    setChosen("");
    setMarking(null);
    asked.again();
  };
  const begin = (what: Marking | "which") => {
    act.clear();
    setMarking(what);
  };

  if (marking === "which")
    return <Which session={session} known={present} take={setMarking} leave={leave} />;
  if (marking !== null) return <Define session={session} act={act} now={marking} leave={leave} />;
  if (change !== undefined)
    return <Change session={session} act={act} change={change} now={nowOf(present, change)} leave={leave} />;
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.title}</h1>
        <button type="button" class="button" onClick={() => begin("which")}>
          {words.mark}
        </button>
      </div>
      <Heard act={act} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <>
          <h2>{words.waiting}</h2>
          {changes.length === 0 && <p class="quiet">{words.waitingNone}</p>}
          <Changes
            changes={changes}
            present={present}
            open={(proposal) => {
              act.clear();
              setChosen(proposal);
            }}
          />
          <h2>{words.inForce}</h2>
          <Present markings={present} open={begin} />
          <p class="quiet">{words.rest}</p>
        </>
      )}
    </section>
  );
}

/** How that is marked now which a proposal is about: itself, or as the program is. */
function nowOf(present: Marking[], change: Marking): Marking {
  const of = (object: string) => present.find((one) => one.object === object);
  return of(change.object) ?? of(PROGRAM) ?? change;
}

interface ChangesOf {
  changes: Marking[];
  present: Marking[];
  open(proposal: string): void;
}

function Changes({ changes, present, open }: ChangesOf) {
  return (
    <ul class="rows" data-list="proposed">
      {changes.map((one) => (
        <li key={one.proposal}>
          <button
            type="button"
            class="row"
            data-proposal={one.object}
            data-state={one.state}
            onClick={() => open(one.proposal)}
          >
            <Mark shape={one.state === "overtaken" ? "fail" : "open"} />
            <span class="row-what">
              <span class="row-title">
                <b>{nameOf(one)}</b> {one.state === "overtaken" && <span class="state">{words.overtakenTag}</span>}
              </span>
              <br />
              <span class="row-reason">{words.opensRow(one.opens, words.more(othersChanged(nowOf(present, one), one)))}</span>
              <br />
              <span class="row-reason quiet">{words.by(one.proposed_by, dayAndTime(one.proposed))}</span>
            </span>
            <span class="row-side">{words.read}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Present({ markings, open }: { markings: Marking[]; open(marking: Marking): void }) {
  const rows = [...markings].sort(
    (a, b) => Number(b.object === PROGRAM) - Number(a.object === PROGRAM) || a.object.localeCompare(b.object),
  );
  return (
    <ul class="rows" data-list="in-force">
      {rows.map((one) => (
        <li key={one.object}>
          <button type="button" class="row" data-marked={one.object} onClick={() => open(one)}>
            <Mark shape="pass" />
            <span class="row-what">
              <span class="row-title">
                <b>{nameOf(one)}</b>
              </span>
              <br />
              <span class="row-reason">{lineOf(one)}</span>
              {one.source !== "" && <span class="row-reason quiet"> · {words.source(one.source)}</span>}
            </span>
            <span class="row-side">{words.again}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

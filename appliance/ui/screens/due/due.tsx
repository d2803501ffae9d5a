import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { isAsked, PAST, pastOf, RecordRow } from "../../parts/record";
import { programName } from "../people/holder";
import { isOwnPair, otherOfficers, Pair, type PairOf } from "../people/pair";
import { words as people } from "../people/words";
import { GlassRows, Review } from "../review/review";
import { Links, Pending, Revocations } from "./waiting";
import { words } from "./words";

type Record_ = Answers["record"];
type Programs = Answers["known_program"][];

const EVERY_MS = 15_000;
const SPANS = [30, 60, 90, 365];
/* What the box notes of a record in force that merely ends. */
const ENDS = "It ends.";

interface Props {
  session: Session;
  programs: Programs;
  enters: string[];
  /** Less may wait now. */
  changed(): void;
}

/** What waits for approval, what ends, and what has nothing to stand on any more. */
export function Due({ session, programs, enters, changed }: Props) {
  const [days, setDays] = useState(60);
  const [chosen, setChosen] = useState("");
  const glasses = useAsked(session, "get_glass", {}, EVERY_MS);
  const glass = glasses.answer?.glasses.find((one) => one.glass === chosen);
  const asked = useAsked(session, "get_expiring", { days }, EVERY_MS);
  const known = useAsked(session, "get_people", {}, EVERY_MS);
  const everybody = known.answer?.people ?? [];
  const [pair, setPair] = useState<PairOf | null>(null);
  const list = asked.answer?.records ?? [];
  const pending = list.filter((record) => record.state === "pending");
  const revocations = list.filter(isAsked);
  const rest = list.filter((record) => record.state !== "pending" && !isAsked(record));
  const past = rest.filter((record) => record.state === PAST).map(pastOf);
  const orphaned = rest.filter((record) => record.note !== ENDS && record.state !== PAST);
  const ending = rest
    .filter((record) => record.note === ENDS)
    .map((record) => ({ ...record, note: "" }))
    .sort((a, b) => a.until.localeCompare(b.until));
  const row = (record: Record_) => (
    <RecordRow key={record.record} record={record} program={programName(programs, record.scope)} named />
  );
  if (glass !== undefined)
    return (
      <Review
        key={glass.glass}
        session={session}
        glass={glass}
        program={programName(programs, glass.enclave)}
        enters={enters.includes(glass.enclave)}
        changed={() => {
          glasses.again();
          changed();
        }}
        leave={() => setChosen("")}
      />
    );
  const again = () => {
    asked.again();
    known.again();
    changed();
  };
  if (pair !== null)
    return (
      <Pair
        session={session}
        pair={pair}
        able={!isOwnPair(session, everybody, pair)}
        back={people.linkNotNow}
        leave={() => {
          setPair(null);
          again();
        }}
      />
    );
  const shared = { session, programs, done: again };
  return (
    <section class="desk">
      <h1>{words.heading}</h1>
      <GlassRows
        session={session}
        glasses={glasses.answer?.glasses ?? []}
        nameOf={(enclave) => programName(programs, enclave)}
        open={(one) => setChosen(one.glass)}
      />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <>
          {known.answer !== null && otherOfficers(session, everybody).length === 0 && (
            <p class="notice" data-alone>
              {people.alone}
            </p>
          )}
          <Pending {...shared} records={pending} />
          <Revocations {...shared} records={revocations} />
          <Links session={session} people={everybody} open={setPair} />
          {past.length > 0 && (
            <>
              <h2>{people.past}</h2>
              <p class="quiet">{people.pastNote}</p>
              <ul class="rows" data-list="past">
                {past.map(row)}
              </ul>
            </>
          )}
          <h2>{words.orphaned}</h2>
          {orphaned.length === 0 && <p class="quiet">{words.orphanedNone}</p>}
          <ul class="rows" data-list="orphaned">
            {orphaned.map(row)}
          </ul>
          <div class="desk-head">
            <h2 class="grow">{words.ending(days)}</h2>
            {SPANS.map((span) => (
              <button
                key={span}
                type="button"
                class="button"
                aria-pressed={span === days}
                onClick={() => setDays(span)}
              >
                {words.days(span)}
              </button>
            ))}
          </div>
          {ending.length === 0 && <p class="quiet">{words.endingNone}</p>}
          <ul class="rows" data-list="ending">
            {ending.map(row)}
          </ul>
        </>
      )}
    </section>
  );
}

import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { RecordRow, saying } from "../../parts/record";
import { programName } from "../people/holder";
import { GlassRows, Review } from "../review/review";
import { words } from "./words";

type Record_ = Answers["record"];
type Programs = Answers["known_program"][];

const EVERY_MS = 15_000;
const SPANS = [30, 60, 90, 365];
const NAMED = 4;
/* As many as one signature may cover. */
const MOST = 200;
/* What the box notes of a record in force that merely ends. */
const ENDS = "It ends.";

/** What waits for approval, what ends, and what has nothing to stand on any more. */
export function Due({ session, programs, enters }: { session: Session; programs: Programs; enters: string[] }) {
  const [days, setDays] = useState(60);
  const [chosen, setChosen] = useState("");
  const glasses = useAsked(session, "get_glass", {}, EVERY_MS);
  const glass = glasses.answer?.glasses.find((one) => one.glass === chosen);
  const asked = useAsked(session, "get_expiring", { days }, EVERY_MS);
  const list = asked.answer?.records ?? [];
  const pending = list.filter((record) => record.state === "pending");
  const rest = list.filter((record) => record.state !== "pending");
  const orphaned = rest.filter((record) => record.note !== ENDS);
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
        key={glass.state}
        session={session}
        glass={glass}
        program={programName(programs, glass.enclave)}
        enters={enters.includes(glass.enclave)}
        changed={glasses.again}
        leave={() => setChosen("")}
      />
    );
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
          <Pending session={session} programs={programs} records={pending} done={asked.again} />
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

/** What the signature covers, in words. */
function named(records: Record_[]): string {
  const first = records.slice(0, NAMED).map((r) => `${r.holder_name}: ${saying(r.attribute, r.value)}`);
  const rest = records.length - first.length;
  return first.join("; ") + (rest > 0 ? words.more(rest) : "");
}

interface PendingOf {
  session: Session;
  programs: Programs;
  records: Record_[];
  done(): void;
}

function Pending({ session, programs, records, done }: PendingOf) {
  const act = useAct();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const isMine = (record: Record_) => record.entered_by === session.name || record.holder === session.person;
  const able = records.filter((record) => !isMine(record)).slice(0, MOST);
  const taken = able.filter((record) => chosen.has(record.record));

  const flip = (record: string) => {
    const next = new Set(chosen);
    if (!next.delete(record)) next.add(record);
    setChosen(next);
  };
  const approve = async () => {
    const ids = taken.map((record) => record.record);
    const signed = () =>
      session.sendSigned("approve_records", { records: ids }, words.approveMeaning, named(taken));
    if (await act.run(signed)) setChosen(new Set());
    done();
  };
  return (
    <>
      <div class="desk-head">
        <h2 class="grow">{words.pending}</h2>
        {able.length > 1 && (
          <button
            type="button"
            class="button"
            onClick={() => setChosen(new Set(taken.length === able.length ? [] : able.map((r) => r.record)))}
          >
            {taken.length === able.length ? words.none : words.all}
          </button>
        )}
        {able.length > 0 && (
          <button
            type="button"
            class="button button-main"
            disabled={act.busy || taken.length === 0}
            onClick={() => void approve()}
          >
            {words.approve(taken.length)}
          </button>
        )}
      </div>
      <Heard act={act} />
      {records.length === 0 && <p class="quiet">{words.pendingNone}</p>}
      <ul class="rows" data-list="pending">
        {records.map((record) => (
          <RecordRow
            key={record.record}
            record={{ ...record, note: isMine(record) ? words.mine : "" }}
            program={programName(programs, record.scope)}
            named
            before={
              isMine(record) ? undefined : (
                <label class="check">
                  <input
                    type="checkbox"
                    aria-label={words.choose(saying(record.attribute, record.value))}
                    checked={chosen.has(record.record)}
                    onChange={() => flip(record.record)}
                  />
                </label>
              )
            }
          />
        ))}
      </ul>
    </>
  );
}

import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { Heard } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { RecordRow, saying } from "../../parts/record";
import { programName } from "../people/holder";
import { isOwnPair, pairsOf, type PairOf } from "../people/pair";
import { approveRevocation, mayApproveRevocation } from "../people/revoking";
import { words as people } from "../people/words";
import { words } from "./words";

type Record_ = Answers["record"];
type Programs = Answers["known_program"][];

const NAMED = 4;
/* As many as one signature may cover. */
const MOST = 200;

interface RecordsOf {
  session: Session;
  programs: Programs;
  records: Record_[];
  done(): void;
}

/** What the signature covers, in words. */
function named(records: Record_[]): string {
  const first = records.slice(0, NAMED).map((r) => `${r.holder_name}: ${saying(r.attribute, r.value)}`);
  const rest = records.length - first.length;
  return first.join("; ") + (rest > 0 ? words.more(rest) : "");
}

/** Entered by this officer, or about this officer: another one approves it. */
export function isOwnRecord(session: Session, record: Record_): boolean {
  return record.entered_by === session.name || record.holder === session.person;
}

/** Records that one officer entered: as many as are chosen, with one signature. */
export function Pending({ session, programs, records, done }: RecordsOf) {
  const act = useAct();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const isMine = (record: Record_) => isOwnRecord(session, record);
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

/** Records that one officer wants revoked, and without which more would be open: one by one. */
export function Revocations({ session, programs, records, done }: RecordsOf) {
  const act = useAct();
  const approve = async (record: Record_) => {
    await act.run(() => approveRevocation(session, record));
    done();
  };
  return (
    <>
      {records.length > 0 && (
        <>
          <h2>{words.revocations}</h2>
          <p class="quiet">{words.revocationsNote}</p>
        </>
      )}
      <Heard act={act} />
      <ul class="rows" data-list="revocations">
        {records.map((record) => (
          <RecordRow key={record.record} record={record} program={programName(programs, record.scope)} named>
            {mayApproveRevocation(session, record) ? (
              <button
                type="button"
                class="button button-main"
                disabled={act.busy}
                onClick={() => void approve(record)}
              >
                {people.approveRevocation}
              </button>
            ) : (
              <p class="row-side">{words.another}</p>
            )}
          </RecordRow>
        ))}
      </ul>
    </>
  );
}

interface LinksOf {
  session: Session;
  people: Answers["person"][];
  open(pair: PairOf): void;
}

/** Accounts that one officer says are one human being's. */
export function Links({ session, people: all, open }: LinksOf) {
  const pairs = pairsOf(all);
  if (pairs.length === 0) return null;
  return (
    <>
      <h2>{people.linkHeading}</h2>
      <ul class="rows" data-list="links">
        {pairs.map((pair) => (
          <li key={pair.person.person}>
            <button type="button" class="row" data-pair={pair.person.badge} onClick={() => open(pair)}>
              <Mark shape="open" />
              <span class="row-what">
                <span class="row-title">
                  <b>{pair.person.name}</b>, {pair.person.badge}, <b>{pair.other.name}</b>, {pair.other.badge}
                </span>
                <br />
                <span class="row-reason quiet">{people.linkBy(pair.by)}</span>
              </span>
              <span class="row-side">{isOwnPair(session, all, pair) ? words.another : people.linkLook}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

import { attributes } from "attributes";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAct, type Act } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { ReasonPanel } from "../../parts/reason";
import { isAsked, isEnded, PAST, pastOf, RecordRow, saying } from "../../parts/record";
import { Enter } from "./enter";
import { Lacks } from "./lacks";
import { NewPin } from "./new-pin";
import { approveRevocation, mayApproveRevocation } from "./revoking";
import { words } from "./words";

type Record_ = Answers["record"];

/** A person or a station: whatever holds records. */
export interface HolderOf {
  kind: "PERSON" | "STATION";
  id: string;
  name: string;
  badge?: string;
  stamp?: string;
  suspended: boolean;
  /** An officer's name, or "" for the console. */
  suspendedBy: string;
  locked?: boolean;
  /** The PIN is one that an officer has set; its person has not chosen another yet. */
  first_pin?: boolean;
}

interface Props {
  session: Session;
  programs: Answers["known_program"][];
  holder: HolderOf;
  /** The other accounts of this human being, and the way to say so of one more. */
  also?: Answers["person"][];
  link?: () => void;
  /** What waits for an officer about this person, such as another account. */
  waits?: ComponentChildren;
  /** No second officer is left; or none is, once this one is suspended. */
  alone?: boolean;
  changed(): void;
  leave(): void;
}

/** One holder, everything on record about it, and what an officer may do to it. */
export function Holder({ session, programs, holder, also = [], link, waits, alone = false, changed, leave }: Props) {
  const asked = useAsked(session, "get_records", { holder: holder.id }, 0);
  const act = useAct();
  const [entering, setEntering] = useState<Record_ | true | null>(null);
  const [revoking, setRevoking] = useState<Record_ | null>(null);
  const [pausing, setPausing] = useState(false);
  const [lacking, setLacking] = useState(false);
  const [resetting, setResetting] = useState(false);
  const again = () => {
    asked.again();
    changed();
  };

  if (entering !== null)
    return (
      <Enter
        session={session}
        programs={programs}
        holder={holder}
        before={entering === true ? null : entering}
        records={asked.answer?.records ?? []}
        leave={() => {
          setEntering(null);
          again();
        }}
      />
    );
  if (lacking)
    return <Lacks session={session} programs={programs} holder={holder} leave={() => setLacking(false)} />;
  if (resetting)
    return (
      <NewPin
        session={session}
        person={holder}
        alone={alone}
        act={act}
        leave={() => {
          setResetting(false);
          again();
        }}
      />
    );
  const revoke = async (record: Record_, reason: string) => {
    await act.run(() => session.send("revoke_record", { record: record.record, reason }));
    setRevoking(null);
    again();
  };
  const approve = async (record: Record_) => {
    await act.run(() => approveRevocation(session, record));
    again();
  };
  return (
    <section class="desk" data-holder={holder.badge ?? holder.name}>
      <Head
        holder={holder}
        act={act}
        session={session}
        changed={again}
        pause={() => setPausing(true)}
        enter={() => setEntering(true)}
        leave={leave}
      >
        {link !== undefined && (
          <button type="button" class="button" onClick={link}>
            {words.link}
          </button>
        )}
        {holder.kind === "PERSON" && !holder.suspended && holder.id !== session.person && (
          <button type="button" class="button" onClick={() => setResetting(true)}>
            {words.newPin}
          </button>
        )}
        {holder.kind === "PERSON" && (
          <button type="button" class="button" onClick={() => setLacking(true)}>
            {words.lacks}
          </button>
        )}
      </Head>
      {waits}
      {also.length > 0 && (
        <p data-also={also.length}>
          {words.also(also.map((one) => words.alsoOne(one.name, one.badge)).join("; "))}
        </p>
      )}
      <Heard act={act} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <Records
          records={asked.answer.records}
          programs={programs}
          revoke={setRevoking}
          replace={setEntering}
          approves={(record) => mayApproveRevocation(session, record)}
          approve={(record) => void approve(record)}
        />
      )}
      {asked.answer !== null && asked.answer.text !== "" && <p class="quiet">{asked.answer.text}</p>}
      {revoking !== null && (
        <ReasonPanel
          title={words.revokeTitle(saying(revoking.attribute, revoking.value))}
          about={words.revokeAbout}
          act={words.revoke}
          longest={160}
          busy={act.busy}
          give={(reason) => void revoke(revoking, reason)}
          cancel={() => setRevoking(null)}
        />
      )}
      {pausing && (
        <Pausing session={session} holder={holder} alone={alone} act={act} done={() => (setPausing(false), again())} />
      )}
    </section>
  );
}

interface HeadOf {
  holder: HolderOf;
  act: Act;
  session: Session;
  changed(): void;
  pause(): void;
  enter(): void;
  leave(): void;
  children: ComponentChildren;
}

/** The way back and what is rarely done above; who it is, and what is mostly done, below. */
function Head({ holder, act, session, changed, pause, enter, leave, children }: HeadOf) {
  const release = async () => {
    await act.run(() => session.send("release_person", { person: holder.id }));
    changed();
  };
  return (
    <header class="holder-head">
      <div class="desk-bar">
        <button type="button" class="button" onClick={leave}>
          {holder.kind === "PERSON" ? words.all : words.allStations}
        </button>
        <span class="grow" />
        {holder.locked === true && (
          <button type="button" class="button" disabled={act.busy} onClick={() => void release()}>
            {words.release}
          </button>
        )}
        {children}
        {holder.suspended && holder.suspendedBy === session.name ? (
          <p>{words.suspendedByYou}</p>
        ) : (
          <button type="button" class="button" disabled={act.busy} onClick={pause}>
            {holder.suspended ? words.restore : words.suspend}
          </button>
        )}
      </div>
      <div class="desk-bar">
        <div class="grow">
          <h1>
            {holder.name} {holder.suspended && (
              <span class="state">
                {holder.suspendedBy === "" ? words.suspended : words.suspendedBy(holder.suspendedBy)}
              </span>
            )}{" "}
            {holder.locked === true && <span class="state">{words.locked}</span>}{" "}
            {holder.first_pin === true && <span class="state">{words.firstPin}</span>}
          </h1>
          {holder.badge !== undefined && <p class="quiet">{words.badge(holder.badge, holder.stamp ?? "")}</p>}
        </div>
        <button type="button" class="button button-main" onClick={enter}>
          {words.enter}
        </button>
      </div>
    </header>
  );
}

interface PausingOf {
  session: Session;
  holder: HolderOf;
  alone: boolean;
  act: Act;
  done(): void;
}

/** Suspending is at once and by one; restoring is signed, by another. */
function Pausing({ session, holder, alone, act, done }: PausingOf) {
  const give = async (reason: string) => {
    const fields = { holder: holder.id, reason };
    await act.run(() =>
      holder.suspended
        ? session.sendSigned("restore", fields, words.restoreMeaning, words.restoreWhat(holder.name))
        : session.send("suspend", fields),
    );
    done();
  };
  return (
    <ReasonPanel
      title={holder.suspended ? words.restoreTitle(holder.name) : words.suspendTitle(holder.name)}
      about={[
        holder.suspended ? words.restoreAbout : words.suspendAbout,
        ...(holder.suspended && holder.first_pin === true ? [words.restoreFirstPin] : []),
        ...(alone ? [holder.suspended ? words.alone : words.suspendLast] : []),
      ].join(" ")}
      act={holder.suspended ? words.restore : words.suspend}
      longest={160}
      busy={act.busy}
      give={(reason) => void give(reason)}
      cancel={done}
    />
  );
}

/* In the order of the table: who one is, what one may see, what one can do. */
function placeOf(record: Record_): number {
  return attributes.findIndex((one) => one.name === record.attribute);
}

interface RecordsOf {
  records: Record_[];
  programs: Answers["known_program"][];
  revoke(record: Record_): void;
  replace(record: Record_): void;
  approves(record: Record_): boolean;
  approve(record: Record_): void;
}

export function programName(programs: Answers["known_program"][], scope: string): string {
  return programs.find(({ enclave }) => enclave === scope)?.name ?? scope;
}

function Records({ records, programs, revoke, replace, approves, approve }: RecordsOf) {
  const of = (state: string) => records.filter((record) => record.state === state);
  const row = (record: Record_) => (
    <RecordRow key={record.record} record={record} program={programName(programs, record.scope)}>
      {!isEnded(record) && (
        <div class="row-acts">
          {approves(record) && (
            <button type="button" class="button button-main" onClick={() => approve(record)}>
              {words.approveRevocation}
            </button>
          )}
          {!approves(record) && (record.state === "active" || record.state === PAST) && (
            <button type="button" class="button" onClick={() => replace(record)}>
              {words.replace}
            </button>
          )}
          {!isAsked(record) && (
            <button type="button" class="button" onClick={() => revoke(record)}>
              {words.revoke}
            </button>
          )}
        </div>
      )}
    </RecordRow>
  );
  const ended = records.filter(isEnded);
  const past = of(PAST);
  const active = of("active").sort((a, b) => placeOf(a) - placeOf(b));
  return (
    <>
      {of("pending").length > 0 && <h2>{words.waiting}</h2>}
      <ul class="rows">{of("pending").map(row)}</ul>
      {past.length > 0 && (
        <>
          <h2>{words.past}</h2>
          <p class="quiet">{words.pastNote}</p>
          <ul class="rows">{past.map(pastOf).map(row)}</ul>
        </>
      )}
      <h2>{words.inForce}</h2>
      {active.length === 0 && <p class="quiet">{words.inForceNone}</p>}
      <ul class="rows">{active.map(row)}</ul>
      {of("not yet").length > 0 && <h2>{words.later}</h2>}
      <ul class="rows">{of("not yet").map(row)}</ul>
      {ended.length > 0 && (
        <details class="fold">
          <summary>{words.ended(ended.length)}</summary>
          <ul class="rows">{ended.map(row)}</ul>
        </details>
      )}
    </>
  );
}

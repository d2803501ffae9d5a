import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { day } from "../../app/clock";
import type { Session } from "../../app/session";
import { TextField } from "../../parts/field";
import { Heard, Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { words as records } from "../../parts/record-words";
import { Holder } from "../people/holder";
import { words } from "./words";

type Station = Answers["known_station"];

const EVERY_MS = 15_000;
const NUMBER = /^[0-9a-f]{32}$/;

interface Props {
  session: Session;
  programs: Answers["known_program"][];
}

/** The stations of the site, and the badges that are locked. */
export function Stations({ session, programs }: Props) {
  const asked = useAsked(session, "get_stations", {}, EVERY_MS);
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState(false);
  const station = asked.answer?.stations.find((one) => one.station === chosen);

  if (adding)
    return (
      <Add
        session={session}
        leave={() => {
          setAdding(false);
          asked.again();
        }}
      />
    );
  if (station !== undefined)
    return (
      <Holder
        key={station.station}
        session={session}
        programs={programs}
        holder={{
          kind: "STATION",
          id: station.station,
          name: station.name,
          suspended: station.suspended,
          suspendedBy: station.suspended_by,
        }}
        changed={asked.again}
        leave={() => setChosen("")}
      />
    );
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.title}</h1>
        <button type="button" class="button" onClick={() => setAdding(true)}>
          {words.add}
        </button>
      </div>
      <Waiting asked={asked} />
      {asked.answer?.stations.length === 0 && <p class="quiet">{words.none}</p>}
      <ul class="rows">
        {asked.answer?.stations.map((one) => (
          <li key={one.station}>
            <Row station={one} open={() => setChosen(one.station)} />
          </li>
        ))}
      </ul>
      <Locked session={session} />
    </section>
  );
}

function Row({ station, open }: { station: Station; open(): void }) {
  const attested = station.attested_until !== "";
  return (
    <button type="button" class="row" data-station={station.name} onClick={open}>
      <Mark shape={station.suspended ? "held" : attested ? "pass" : "blocked"} />
      <span class="row-what">
        <span class="row-title">
          <b>{station.name}</b> {station.suspended && <span class="state">{words.suspended}</span>}{" "}
          {station.pending > 0 && <span class="state">{words.pending(station.pending)}</span>}
        </span>
        <br />
        <span class="row-reason quiet">
          {attested ? words.attested(day(station.attested_until)) : words.notAttested}
        </span>
      </span>
      <span class="row-side">
        {words.place(station.site, station.zone)}
        <br />
        {station.ceiling !== "" && words.ceiling(records.levels[Number(station.ceiling)] ?? station.ceiling)}
      </span>
    </button>
  );
}

function dashedId(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function Add({ session, leave }: { session: Session; leave(): void }) {
  const act = useAct();
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const hex = number.trim().toLowerCase().replaceAll("-", "");
  const ready = name.trim() !== "" && NUMBER.test(hex);
  const send = async () => {
    if (await act.run(() => session.send("add_station", { station: dashedId(hex), name: name.trim() }))) leave();
  };
  return (
    <section class="desk">
      <h1>{words.addTitle}</h1>
      <p>{words.addNote}</p>
      <Heard act={act} />
      <div class="fields">
        <TextField label={words.name} note={words.nameNote} longest={64} value={name} set={setName} />
        <TextField label={words.number} note={words.numberNote} longest={36} value={number} set={setNumber} />
      </div>
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={leave}>
          {words.cancel}
        </button>
        <button type="button" class="button button-main" disabled={act.busy || !ready} onClick={() => void send()}>
          {words.addButton}
        </button>
      </div>
    </section>
  );
}

/** Badges that wrong PINs have locked, and what frees them. */
function Locked({ session }: { session: Session }) {
  const asked = useAsked(session, "get_people", {}, EVERY_MS);
  const act = useAct();
  const locked = asked.answer?.people.filter((person) => person.locked) ?? [];
  const byTime = asked.answer?.released_by_time === true;
  const release = async (person: string) => {
    await act.run(() => session.send("release_person", { person }));
    asked.again();
  };
  const set = async () => {
    await act.run(() => session.send("set_lockout", { released_by_time: !byTime }));
    asked.again();
  };
  return (
    <>
      <h2>{words.lockout}</h2>
      <Heard act={act} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <div class="desk-head">
          <p class="grow">{byTime ? words.byTime : words.byOfficer}</p>
          <button type="button" class="button" disabled={act.busy} onClick={() => void set()}>
            {byTime ? words.setByOfficer : words.setByTime}
          </button>
        </div>
      )}
      {asked.answer !== null && locked.length === 0 && <p class="quiet">{words.lockoutNone}</p>}
      <ul class="rows">
        {locked.map((person) => (
          <li key={person.person} class="row">
            <Mark shape="held" />
            <div class="row-what">
              <p class="row-title">
                <b>{person.name}</b> {person.badge}
              </p>
            </div>
            <button type="button" class="button" disabled={act.busy} onClick={() => void release(person.person)}>
              {words.release}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

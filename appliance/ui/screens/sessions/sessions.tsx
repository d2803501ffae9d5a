import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { programName } from "../people/holder";
import { words } from "./words";

type SignedIn = Answers["session"];

const EVERY_MS = 5_000;
const LONGEST = 160;

interface Props {
  session: Session;
  programs: Answers["known_program"][];
}

/** Who is signed in where, the newest first; an officer ends a session, and says why. */
export function Sessions({ session, programs }: Props) {
  const asked = useAsked(session, "get_sessions", {}, EVERY_MS);
  const act = useAct();
  const [ending, setEnding] = useState<SignedIn | null>(null);
  const list = [...(asked.answer?.sessions ?? [])].sort((a, b) => b.since.localeCompare(a.since));

  const end = async (one: SignedIn, reason: string) => {
    await act.run(() => session.send("end_session", { session: one.session, reason }));
    setEnding(null);
    void asked.again();
  };
  return (
    <section class="desk">
      <div class="desk-head">
        <h1 class="grow">{words.heading}</h1>
        {asked.answer !== null && (
          <p class="quiet">{words.count(list.length, list.filter((one) => one.locked).length)}</p>
        )}
      </div>
      <Heard act={act} />
      <Waiting asked={asked} />
      <ul class="rows">
        {list.map((one) => (
          <Row
            key={one.session}
            one={one}
            place={one.enclave === "" ? words.entry : words.program(programName(programs, one.enclave))}
            end={() => setEnding(one)}
          />
        ))}
      </ul>
      {asked.answer !== null && list.length < 2 && <p class="quiet">{words.none}</p>}
      {ending !== null && asked.answer !== null && (
        <ReasonPanel
          title={words.endTitle(ending.name)}
          about={words.endAbout}
          act={words.end}
          longest={LONGEST}
          busy={act.busy}
          give={(reason) => void end(ending, reason)}
          cancel={() => setEnding(null)}
        />
      )}
    </section>
  );
}

function Row({ one, place, end }: { one: SignedIn; place: string; end(): void }) {
  return (
    <li class="row" data-session={one.badge} data-locked={one.locked}>
      <Mark shape={one.locked ? "held" : "pass"} />
      <div class="row-what">
        <p class="row-title">
          <b>{one.name}</b> {one.badge} {one.locked && <span class="state">{words.locked}</span>}{" "}
          {one.own && <span class="state">{words.own}</span>}
        </p>
        <p class="row-reason">
          {one.station !== "" && `${one.station}, `}
          {place}
          {one.escort !== "" && `, ${words.escort(one.escort)}`}
          <span class="quiet">, {words.by(one.factor)}</span>
        </p>
      </div>
      <p class="row-side">
        {words.since(moment(one.since))}
        <br />
        {words.last(moment(one.last))}
      </p>
      {!one.own && (
        <button type="button" class="button" onClick={end}>
          {words.end}
        </button>
      )}
    </li>
  );
}

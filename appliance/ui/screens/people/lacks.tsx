import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { day } from "../../app/clock";
import type { Session } from "../../app/session";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { PAST, saying, stateFace } from "../../parts/record";
import { words as records } from "../../parts/record-words";
import type { HolderOf } from "./holder";
import { words } from "./words";

interface Props {
  session: Session;
  programs: Answers["known_program"][];
  holder: HolderOf;
  leave(): void;
}

/** What one person has for one program, and what is not on record. */
export function Lacks({ session, programs, holder, leave }: Props) {
  const [program, setProgram] = useState<Answers["known_program"] | null>(null);
  return (
    <section class="desk">
      <button type="button" class="button" onClick={leave}>
        {holder.name}
      </button>
      <h1>{program === null ? words.lacksWhich(holder.name) : words.lacksFor(holder.name, program.name)}</h1>
      <div class="weeks">
        {programs.map((choice) => (
          <button key={choice.enclave} type="button" class="button" aria-pressed={choice === program} onClick={() => setProgram(choice)}>
            {choice.name}
          </button>
        ))}
      </div>
      {program !== null && (
        <Standings key={program.enclave} session={session} person={holder.id} enclave={program.enclave} />
      )}
    </section>
  );
}

function Standings({ session, person, enclave }: { session: Session; person: string; enclave: string }) {
  const asked = useAsked(session, "who_lacks", { person, enclave }, 0);
  const rank = (one: Answers["standing"]) => (one.state === "active" ? 1 : one.state === "missing" ? 2 : 0);
  const rows = [...(asked.answer?.attributes ?? [])].sort((a, b) => rank(a) - rank(b));
  const missing = rows.filter((one) => one.state === "missing");
  return (
    <>
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <p class={asked.answer.read_in ? "sentence" : "sentence sentence-no"}>{asked.answer.text}</p>
      )}
      <ul class="rows">
        {rows
          .filter((one) => one.state !== "missing")
          .map((one) => (
            <li key={one.attribute} class="row">
              <Mark shape={one.state === "active" ? "pass" : one.state === PAST ? "running" : "blocked"} />
              <div class="row-what">
                <p class="row-title">
                  <b>{saying(one.attribute, one.value)}</b>{" "}
                  {one.state !== "active" && (
                    <span class="state">{stateFace(one)}</span>
                  )}
                </p>
                <p class="row-reason quiet">
                  {records.span(one.state === "expired" || one.state === PAST ? one.state : "active", "", day(one.until))} –{" "}
                  {one.document}
                </p>
              </div>
            </li>
          ))}
      </ul>
      {missing.length > 0 && <h2>{words.lacksMissing}</h2>}
      <ul class="rows">
        {missing.map((one) => (
          <li key={one.attribute} class="row row-ended">
            <Mark shape="open" />
            <div class="row-what">
              <p class="row-title">{saying(one.attribute, "")}</p>
              <p class="row-reason quiet">{one.what}</p>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

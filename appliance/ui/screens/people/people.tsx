import { useEffect, useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { day } from "../../app/clock";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { TextField } from "../../parts/field";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { Add } from "./add";
import { Holder } from "./holder";
import { fits, Link } from "./link";
import { isOwnPair, otherOfficers, Pair, pairsOf, type PairOf } from "./pair";
import { words } from "./words";

type Person = Answers["person"];

const EVERY_MS = 15_000;
const SHOWN = 60;

interface Props {
  session: Session;
  programs: Answers["known_program"][];
  /** Less may wait now. */
  changed(): void;
}

/** Everybody of the site; a scanned badge opens its person. */
export function People({ session, programs, changed }: Props) {
  const asked = useAsked(session, "get_people", {}, EVERY_MS);
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState(false);
  const [linking, setLinking] = useState(false);
  const [looking, setLooking] = useState<PairOf | null>(null);
  const people = asked.answer?.people ?? [];
  const person = people.find((one) => one.person === chosen);
  const again = () => {
    asked.again();
    changed();
  };

  if (adding)
    return (
      <Add
        session={session}
        leave={(added) => {
          setAdding(false);
          setChosen(added);
          asked.again();
        }}
      />
    );
  if (looking !== null)
    return (
      <Pair
        session={session}
        pair={looking}
        able={!isOwnPair(session, people, looking)}
        back={words.linkNotNow}
        leave={() => {
          setLooking(null);
          again();
        }}
      />
    );
  if (person !== undefined && linking)
    return (
      <Link
        session={session}
        people={people}
        person={person}
        leave={() => {
          setLinking(false);
          asked.again();
        }}
      />
    );
  if (person !== undefined)
    return (
      <Holder
        key={person.person}
        session={session}
        programs={programs}
        holder={{ kind: "PERSON", id: person.person, suspendedBy: person.suspended_by, ...person }}
        also={people.filter((one) => one.natural === person.natural && one.person !== person.person)}
        link={() => setLinking(true)}
        waits={<LinkWaits session={session} people={people} person={person} look={setLooking} />}
        alone={otherOfficers(session, people).every((one) => one.natural === person.natural)}
        changed={again}
        leave={() => setChosen("")}
      />
    );
  return (
    <section class="desk">
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <List people={asked.answer.people} open={setChosen} add={() => setAdding(true)} />
      )}
    </section>
  );
}

interface WaitsOf {
  session: Session;
  people: Person[];
  person: Person;
  look(pair: PairOf): void;
}

/** Somebody has said that this is another account of somebody; each of both pages says so. */
function LinkWaits({ session, people, person, look }: WaitsOf) {
  const about = pairsOf(people).filter((pair) => pair.person === person || pair.other === person);
  return (
    <>
      {about.map((pair) => {
        const other = pair.person === person ? pair.other : pair.person;
        return (
          <div key={pair.person.person} class="notice desk-bar" data-waits={other.badge}>
            <p class="grow">
              {pair.by === session.name
                ? words.linkYours(other.name, other.badge)
                : words.linkSays(pair.by, other.name, other.badge)}
            </p>
            {!isOwnPair(session, people, pair) && (
              <button type="button" class="button button-main" onClick={() => look(pair)}>
                {words.linkLook}
              </button>
            )}
          </div>
        );
      })}
    </>
  );
}

interface ListOf {
  people: Person[];
  open(person: string): void;
  add(): void;
}

function List({ people, open, add }: ListOf) {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = people.filter((person) => fits(person, wanted)).sort((a, b) => a.name.localeCompare(b.name));
  const exact = people.find((person) => person.badge.toLowerCase() === wanted);

  useWedge({
    scan: (code) => {
      const of = people.find((person) => person.badge === code);
      if (of === undefined) setText(code);
      else open(of.person);
    },
    key: (key) => key.length === 1 && setText((before) => before + key),
  });
  useEffect(() => {
    document.querySelector<HTMLInputElement>(".desk .field-value")?.focus();
  }, []);
  const first = exact ?? (found.length === 1 ? found[0] : undefined);

  return (
    <>
      <form
        class="desk-head"
        onSubmit={(event) => {
          event.preventDefault();
          if (first !== undefined) open(first.person);
          /* The next scan takes the place of what was not found. */
          else event.currentTarget.querySelector("input")?.select();
        }}
      >
        <div class="grow">
          <TextField label={words.search} note={words.searchNote} longest={64} value={text} set={setText} />
        </div>
        <button type="button" class="button" onClick={add}>
          {words.add}
        </button>
      </form>
      {found.length === 0 && <p class="quiet">{words.none}</p>}
      <ul class="rows">
        {found.slice(0, SHOWN).map((person) => (
          <li key={person.person}>
            <button type="button" class="row" data-person={person.badge} onClick={() => open(person.person)}>
              <Mark shape={person.suspended || person.locked ? "held" : person.active === 0 ? "open" : "pass"} />
              <span class="row-what">
                <span class="row-title">
                  <b>{person.name}</b> {person.suspended && <span class="state">{words.suspended}</span>}{" "}
                  {person.locked && <span class="state">{words.locked}</span>}{" "}
                  {person.pending > 0 && <span class="state">{words.pending(person.pending)}</span>}{" "}
                  {person.linking !== "" && <span class="state">{words.linkTag(person.linking)}</span>}
                </span>
                <br />
                <span class="row-reason quiet">{words.facts(person.active, day(person.next_end))}</span>
              </span>
              <span class="row-side">
                {words.badge(person.badge, person.stamp)}
                <br />
                {person.roles}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > SHOWN && <p class="quiet">{words.more(found.length - SHOWN)}</p>}
    </>
  );
}

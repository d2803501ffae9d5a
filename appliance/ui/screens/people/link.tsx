import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { TextField } from "../../parts/field";
import { Mark } from "../../parts/mark";
import { Pair } from "./pair";
import { words } from "./words";

type Person = Answers["person"];

const SHOWN = 8;

export function fits(person: Person, wanted: string): boolean {
  return [person.name, person.badge, person.stamp].some((text) => text.toLowerCase().includes(wanted));
}

interface Props {
  session: Session;
  people: Person[];
  person: Person;
  leave(): void;
}

/** Two accounts of one human being: first which other one, then what follows, then the signature;
 * another officer approves it. */
export function Link({ session, people, person, leave }: Props) {
  const [text, setText] = useState("");
  const [other, setOther] = useState<Person | null>(null);
  const wanted = text.trim().toLowerCase();
  const others = people.filter((one) => one.natural !== person.natural);
  const found = wanted === "" ? [] : others.filter((one) => fits(one, wanted)).slice(0, SHOWN);

  useWedge({ scan: (code) => setOther(others.find((one) => one.badge === code) ?? null) });
  if (other !== null)
    return (
      <Pair
        session={session}
        pair={{ person, other, by: "" }}
        able
        back={words.linkOther}
        leave={(done) => (done ? leave() : setOther(null))}
      />
    );
  return (
    <section class="desk">
      <button type="button" class="button" onClick={leave}>
        {person.name}
      </button>
      <h1>{words.linkTitle(person.name)}</h1>
      <p>{words.linkNote}</p>
      <TextField label={words.linkFind} note={words.linkFindNote} longest={64} value={text} set={setText} />
      {wanted !== "" && found.length === 0 && <p class="quiet">{words.none}</p>}
      <ul class="rows">
        {found.map((one) => (
          <li key={one.person}>
            <button type="button" class="row" data-person={one.badge} onClick={() => setOther(one)}>
              <Mark shape="open" />
              <span class="row-what">
                <span class="row-title">
                  <b>{one.name}</b>
                </span>
              </span>
              <span class="row-side">{words.badge(one.badge, one.stamp)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { Mark } from "../../parts/mark";
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

/** Two accounts of one human being: first which other one, then what follows, then the signature. */
export function Link({ session, people, person, leave }: Props) {
  const act = useAct();
  const [text, setText] = useState("");
  const [other, setOther] = useState<Person | null>(null);
  const wanted = text.trim().toLowerCase();
  const others = people.filter((one) => one.natural !== person.natural);
  const found = wanted === "" ? [] : others.filter((one) => fits(one, wanted)).slice(0, SHOWN);

  useWedge({ scan: (code) => setOther(others.find((one) => one.badge === code) ?? null) });
  const link = async (to: Person) => {
    const fields = { person: person.person, same_as: to.person };
    const what = words.linkWhat(person.name, person.badge, to.name, to.badge);
    if (await act.run(() => session.sendSigned("link_person", fields, words.linkMeaning, what))) leave();
  };
  if (other !== null)
    return (
      <section class="desk" data-link={other.badge}>
        <h1>{words.linkAsk}</h1>
        <ul class="rows">
          {[person, other].map((one) => (
            <li key={one.person} class="row">
              <Mark shape="here" />
              <div class="row-what">
                <p class="row-title">
                  <b>{one.name}</b>
                </p>
                <p class="row-reason quiet">{one.roles}</p>
              </div>
              <p class="row-side">{words.badge(one.badge, one.stamp)}</p>
            </li>
          ))}
        </ul>
        <ul class="plain">
          {words.linkFacts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
        <p class="notice">{words.linkForEver}</p>
        <Heard act={act} />
        <div class="reason-acts">
          <button type="button" class="button" disabled={act.busy} onClick={() => setOther(null)}>
            {words.linkOther}
          </button>
          <button type="button" class="button button-main" disabled={act.busy} onClick={() => void link(other)}>
            {words.linkAct}
          </button>
        </div>
      </section>
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

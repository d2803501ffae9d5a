import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { Heard } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { words } from "./words";

type Person = Answers["person"];

const OFFICER = "security-officer";

/** Two accounts; by: the officer who said that they are one human being's, "" before anybody has. */
export interface PairOf {
  person: Person;
  other: Person;
  by: string;
}

/** What waits for a second officer. */
export function pairsOf(people: Person[]): PairOf[] {
  return people.flatMap((person) => {
    const other = people.find(({ badge }) => badge === person.linking);
    return other === undefined || other.natural === person.natural ? [] : [{ person, other, by: person.linking_by }];
  });
}

/** Said by this officer, or about this officer: another one approves it. */
export function isOwnPair(session: Session, people: Person[], pair: PairOf): boolean {
  const natural = people.find(({ person }) => person === session.person)?.natural;
  return pair.by === session.name || natural === pair.person.natural || natural === pair.other.natural;
}

/** The officers beside this one who are not suspended, and are somebody else. */
export function otherOfficers(session: Session, people: Person[]): Person[] {
  const natural = people.find(({ person }) => person === session.person)?.natural;
  return people.filter(
    (one) => one.natural !== natural && !one.suspended && one.roles.split(", ").includes(OFFICER),
  );
}

interface Props {
  session: Session;
  pair: PairOf;
  /** May this officer approve it? */
  able: boolean;
  back: string;
  leave(done: boolean): void;
}

/** Both accounts, what follows when they are one human being's, and the signature. */
export function Pair({ session, pair, able, back, leave }: Props) {
  const { person, other, by } = pair;
  const act = useAct();
  const sign = async () => {
    const fields = { person: person.person, same_as: other.person };
    const what = words.linkWhat(person.name, person.badge, other.name, other.badge);
    const signed = () =>
      by === ""
        ? session.sendSigned("link_person", fields, words.linkMeaning, what)
        : session.sendSigned("approve_link", fields, words.linkApproveMeaning, what);
    if (await act.run(signed)) leave(true);
  };
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
      {by !== "" && (
        <p>
          <b>{words.linkBy(by)}</b>
        </p>
      )}
      <ul class="plain">
        {words.linkFacts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <p class="notice">{by === "" ? words.linkForTwo : able ? words.linkForEver : words.linkMine}</p>
      <Heard act={act} />
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={() => leave(false)}>
          {back}
        </button>
        {able && (
          <button type="button" class="button button-main" disabled={act.busy} onClick={() => void sign()}>
            {by === "" ? words.linkAct : words.linkApprove}
          </button>
        )}
      </div>
    </section>
  );
}

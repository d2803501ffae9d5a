import { useCallback, useEffect, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { words } from "../parts/words";
import { CredentialList } from "../screens/credentials/credentials";
import { words as credentials } from "../screens/credentials/words";
import { Due } from "../screens/due/due";
import { isOwnRecord } from "../screens/due/waiting";
import { words as due } from "../screens/due/words";
import { OwnKey } from "../screens/own-key/own-key";
import { isOwnPair, pairsOf } from "../screens/people/pair";
import { People } from "../screens/people/people";
import { mayApproveRevocation } from "../screens/people/revoking";
import { words as people } from "../screens/people/words";
import { Programs } from "../screens/programs/programs";
import { words as programs } from "../screens/programs/words";
import { Sessions } from "../screens/sessions/sessions";
import { words as sessions } from "../screens/sessions/words";
import { SitePolicy } from "../screens/site-policy/site-policy";
import { words as rules } from "../screens/site-policy/words";
import { Stations } from "../screens/stations/stations";
import { words as stations } from "../screens/stations/words";
import type { Answers } from "./api";
import { useAsked } from "./asked";
import { useOver } from "./over";
import type { Session } from "./session";

type Tab = "programs" | "people" | "due" | "stations" | "sessions" | "credentials" | "rules" | "key";

const OFFICERS: { tab: Tab; title: string }[] = [
  { tab: "programs", title: programs.title },
  { tab: "people", title: people.title },
  { tab: "due", title: due.title },
  { tab: "stations", title: stations.title },
  { tab: "sessions", title: sessions.title },
  { tab: "credentials", title: credentials.title },
  { tab: "rules", title: rules.title },
];

const WAITING_MS = 30_000;

interface Props {
  session: Session;
  station: Answers["station"];
  signedIn: Answers["signed_in"];
  first: Tab;
  /** Forget the session: what it showed is gone from the screen at once. */
  drop(): void;
}

/** At the entry, behind the sign-in: the officers' pages, and everybody's own key. */
export function Desk({ session, station, signedIn, first, drop }: Props) {
  const [tab, setTab] = useState<Tab>(first);
  const [turn, setTurn] = useState(0);
  const leave = useCallback(() => {
    drop();
    void session.signOut();
  }, [session, drop]);
  const { over, covered } = useOver(session, leave);
  const tabs = signedIn.officer ? OFFICERS : [];
  const again = () => setTurn((before) => before + 1);
  const shared = { session, programs: signedIn.programs, changed: again };
  const enters = signedIn.enclaves.map(({ enclave }) => enclave);
  return (
    <Frame
      marking={station}
      name={station.station}
      middle={tabs.map((choice) => (
        <button
          key={choice.tab}
          type="button"
          class="tab tab-narrow"
          aria-current={choice.tab === tab ? "page" : undefined}
          onClick={() => {
            setTab(choice.tab);
            again();
          }}
        >
          {choice.title}
          {choice.tab === "due" && <Waiting session={session} turn={turn} />}
        </button>
      ))}
      right={
        <>
          <span class="header-person">{session.name}</span>
          <button type="button" class="button button-small" onClick={leave}>
            {words.signOut}
          </button>
        </>
      }
      over={over}
      covered={covered}
    >
      {tab === "programs" && <Programs session={session} programs={signedIn.enclaves} note={signedIn.note} />}
      {tab === "people" && <People {...shared} />}
      {tab === "due" && <Due {...shared} enters={enters} />}
      {tab === "stations" && <Stations session={session} programs={signedIn.programs} />}
      {tab === "sessions" && <Sessions session={session} programs={signedIn.programs} />}
      {tab === "credentials" && <CredentialList session={session} cardPort={station.card_port} />}
      {tab === "rules" && <SitePolicy session={session} programs={signedIn.enclaves} />}
      {tab === "key" && <OwnKey session={session} cardPort={station.card_port} />}
    </Frame>
  );
}

/** How much waits for this officer; asked again with each turn.  Looking is not acting. */
function Waiting({ session, turn }: { session: Session; turn: number }) {
  const glasses = useAsked(session, "get_glass", {}, WAITING_MS);
  const records = useAsked(session, "get_expiring", { days: 0 }, WAITING_MS);
  const people = useAsked(session, "get_people", {}, WAITING_MS);
  useEffect(() => {
    if (turn === 0) return;
    glasses.again();
    records.again();
    people.again();
  }, [turn]);
  const everybody = people.answer?.people ?? [];
  const waits = [
    (glasses.answer?.glasses ?? []).filter(
      (glass) => glass.state !== "reviewed" && glass.person !== session.person,
    ),
    (records.answer?.records ?? []).filter(
      (record) =>
        mayApproveRevocation(session, record) || (record.state === "pending" && !isOwnRecord(session, record)),
    ),
    pairsOf(everybody).filter((pair) => !isOwnPair(session, everybody, pair)),
  ];
  const count = waits.reduce((sum, list) => sum + list.length, 0);
  return count === 0 ? null : (
    <span class="tab-count" aria-hidden="true">
      {count}
    </span>
  );
}

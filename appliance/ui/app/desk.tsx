import { useCallback, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { words } from "../parts/words";
import { CredentialList } from "../screens/credentials/credentials";
import { words as credentials } from "../screens/credentials/words";
import { Due } from "../screens/due/due";
import { words as due } from "../screens/due/words";
import { OwnKey } from "../screens/own-key/own-key";
import { People } from "../screens/people/people";
import { words as people } from "../screens/people/words";
import { Programs } from "../screens/programs/programs";
import { words as programs } from "../screens/programs/words";
import { SitePolicy } from "../screens/site-policy/site-policy";
import { words as rules } from "../screens/site-policy/words";
import { Stations } from "../screens/stations/stations";
import { words as stations } from "../screens/stations/words";
import type { Answers } from "./api";
import { useAsked } from "./asked";
import { useOver } from "./over";
import type { Session } from "./session";

type Tab = "programs" | "people" | "due" | "stations" | "credentials" | "rules" | "key";

const OFFICERS: { tab: Tab; title: string }[] = [
  { tab: "programs", title: programs.title },
  { tab: "people", title: people.title },
  { tab: "due", title: due.title },
  { tab: "stations", title: stations.title },
  { tab: "credentials", title: credentials.title },
  { tab: "rules", title: rules.title },
];

const GLASS_MS = 30_000;

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
  const leave = useCallback(() => {
    drop();
    void session.signOut();
  }, [session, drop]);
  const { over, covered } = useOver(session, leave);
  const tabs = signedIn.officer ? OFFICERS : [];
  const shared = { session, programs: signedIn.programs };
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
          onClick={() => setTab(choice.tab)}
        >
          {choice.title}
          {choice.tab === "due" && <Waiting session={session} />}
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
      {tab === "stations" && <Stations {...shared} />}
      {tab === "credentials" && <CredentialList session={session} cardPort={station.card_port} />}
      {tab === "rules" && <SitePolicy session={session} programs={signedIn.enclaves} />}
      {tab === "key" && <OwnKey session={session} cardPort={station.card_port} />}
    </Frame>
  );
}

/** How much broken glass waits for this officer; looking is not acting. */
function Waiting({ session }: { session: Session }) {
  const asked = useAsked(session, "get_glass", {}, GLASS_MS);
  const count = (asked.answer?.glasses ?? []).filter(
    (glass) => glass.state !== "reviewed" && glass.person !== session.person,
  ).length;
  return count === 0 ? null : (
    <span class="tab-count" aria-hidden="true">
      {count}
    </span>
  );
}

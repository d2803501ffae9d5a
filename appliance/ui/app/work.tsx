import { useCallback, useEffect, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { BreakGlass, Refusal } from "../parts/refusal";
import { words } from "../parts/words";
import { Denials } from "../screens/denials/denials";
import { words as denials } from "../screens/denials/words";
import { Execute } from "../screens/execute/execute";
import { Alert } from "../screens/glass/alert";
import { Break } from "../screens/glass/break";
import { words as glass } from "../screens/glass/words";
import { Markings } from "../screens/markings/markings";
import { words as markings } from "../screens/markings/words";
import { Orders } from "../screens/orders/orders";
import { words as orders } from "../screens/orders/words";
import { Policy } from "../screens/policy/policy";
import { words as policy } from "../screens/policy/words";
import { Rationale } from "../screens/rationale/rationale";
import { words as rationale } from "../screens/rationale/words";
import { Security } from "../screens/security/security";
import { words as security } from "../screens/security/words";
import { Tasks } from "../screens/tasks/tasks";
import { words as tasks } from "../screens/tasks/words";
import { Transfer } from "../screens/transfer/transfer";
import { words as transfer } from "../screens/transfer/words";
import type { Answers, Problem } from "./api";
import { entryAddress } from "./app";
import { OPEN_MS, REFUSED_MS } from "./asked";
import { handedOn, isLikeBadge } from "./handed";
import { useOver } from "./over";
import { LOCKED, type Session } from "./session";
import { useTaker } from "./wedge";

type Tab = "tasks" | "orders" | "transfer" | "security" | "markings" | "policy" | "rationale" | "denials";

/* Which roles see which tab, and who has broken the glass for what is done there; the box decides
 * every request again by its policy. */
const TABS: { tab: Tab; title: string; roles: string[]; actions?: string[] }[] = [
  {
    tab: "tasks",
    title: tasks.title,
    roles: ["operator", "inspector", "lead", "quality-engineer"],
    actions: ["view-job", "view-document", "start-operation", "record-reading", "complete-operation"],
  },
  {
    tab: "orders",
    title: orders.title,
    roles: ["lead", "planner", "program-manager", "manufacturing-engineer"],
    actions: ["view-orders", "release-order"],
  },
  {
    tab: "transfer",
    title: transfer.title,
    roles: ["planner", "lead", "quality-engineer", "program-manager", "security-officer"],
  },
  { tab: "security", title: security.title, roles: ["security-officer"] },
  { tab: "denials", title: denials.title, roles: ["security-officer"] },
  { tab: "markings", title: markings.title, roles: ["security-officer", "manufacturing-engineer"] },
  { tab: "policy", title: policy.title, roles: ["security-officer", "policy-author"] },
  { tab: "rationale", title: rationale.title, roles: ["security-officer", "policy-author"] },
];

/* More tabs than that stand closer together. */
const NARROW = 4;
const MANY = 5;
/* How long a broken glass may take to be known in the program. */
const OPENING_MS = 10_000;
const OPENING_LOOK_MS = 300;
/* Officers' pages have no work on them. */
const WORKED_AT: ReadonlySet<Tab> = new Set(["tasks", "orders"]);

const BEGINS: Record<string, Tab> = { glass: "denials", policy: "policy" };

interface Job {
  unit: string;
  sequence: number;
}

interface Props {
  session: Session;
  station: Answers["station"];
  /** What an officer's second window begins with, or "". */
  page: string;
  /** Forget the session: what it showed is gone from the screen at once. */
  drop(): void;
}

export function Work({ session, station, page, drop }: Props) {
  const [program, setProgram] = useState<Answers["program"] | null>(null);
  /* The program was shown, and is not this person's any more. */
  const [closed, setClosed] = useState<Problem | null>(null);
  const openedBy = (said: Answers["program"] | null) =>
    (said?.glass ?? []).filter(({ person }) => person === session.person).map(({ action }) => action);
  const opened = openedBy(program);
  const mine = TABS.filter(
    ({ roles, actions = [] }) =>
      roles.some((role) => session.roles.has(role)) || actions.some((action) => opened.includes(action)),
  );
  const [tab, setTab] = useState<Tab>(BEGINS[page] ?? mine[0]?.tab ?? "tasks");
  const [job, setJob] = useState<Job | null>(null);
  const [said, setSaid] = useState("");
  /* The action that the glass is broken for, "" while it is being chosen, null when it is not. */
  const [breaking, setBreaking] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);

  const leave = useCallback(async () => {
    const told = session.signOut();
    drop();
    if (await told) location.replace(entryAddress(station));
  }, [session, station, drop]);
  const { over, covered } = useOver(session, () => void leave());

  /* Somebody else's badge: to the entry, with the badge and this program. */
  useTaker((text) => {
    if (over !== false || !isLikeBadge(text, session.badge)) return false;
    if (text !== session.badge) void switchTo(text);
    return true;
  });
  const switchTo = async (badge: string) => {
    const told = session.signOut();
    drop();
    await told;
    location.replace(entryAddress(station) + handedOn({ badge, program: session.enclave }));
  };

  useEffect(() => {
    let stopped = false;
    let known = false;
    const look = async () => {
      const outcome = await session.ask("get_program", {});
      if (stopped) return;
      const refused = outcome.kind === "refused" && outcome.status !== LOCKED;
      if (outcome.kind === "answer") {
        known = true;
        setProgram(outcome.answer);
        setClosed(null);
      }
      if (refused && known) {
        session.signing.value?.cancel();
        setProgram(null);
        setClosed(outcome.problem);
      }
      /* again and again: the glass may be broken, and the program closed, at any time */
      timer = window.setTimeout(() => void look(), refused ? REFUSED_MS : OPEN_MS);
    };
    let timer = 0;
    void look();
    return () => {
      stopped = true;
      window.clearTimeout(timer);
    };
  }, [session]);

  const isKnown = async () => {
    const until = performance.now() + OPENING_MS;
    for (;;) {
      const outcome = await session.ask("get_program", {});
      if (outcome.kind === "answer") setProgram(outcome.answer);
      if (outcome.kind === "answer" && openedBy(outcome.answer).length > opened.length) return;
      if (performance.now() > until) return;
      await new Promise((resolve) => window.setTimeout(resolve, OPENING_LOOK_MS));
    }
  };

  return (
    <Frame
      marking={program ?? station}
      name={program?.name ?? ""}
      alert={program !== null && <Alert session={session} glass={program.glass} />}
      middle={
        job === null &&
        closed === null &&
        mine.length > 1 &&
        mine.map((choice) => (
          <button
            key={choice.tab}
            type="button"
            class={mine.length > MANY ? "tab tab-many" : mine.length > NARROW ? "tab tab-narrow" : "tab"}
            aria-current={choice.tab === tab ? "page" : undefined}
            onClick={() => setTab(choice.tab)}
          >
            {choice.title}
          </button>
        ))
      }
      right={
        <>
          <span class="header-person">
            {session.name} <span class="stamp">{session.stamp}</span>
          </span>
          <button type="button" class="button button-small" onClick={() => void leave()}>
            {words.signOut}
          </button>
        </>
      }
      over={over}
      covered={covered}
    >
      <BreakGlass.Provider value={setBreaking}>
        {closed !== null ? (
          <Refusal problem={closed} />
        ) : job !== null ? (
          <Execute
            key={turn}
            session={session}
            legend={program?.legend ?? ""}
            unit={job.unit}
            sequence={job.sequence}
            leave={(text) => {
              setSaid(text);
              setJob(null);
            }}
          />
        ) : (
          <>
            {tab === "tasks" && (
              <Tasks
                key={turn}
                session={session}
                said={said}
                open={(unit, sequence) => {
                  setSaid("");
                  setJob({ unit, sequence });
                }}
              />
            )}
            {tab === "orders" && <Orders key={turn} session={session} />}
            {tab === "transfer" && <Transfer session={session} />}
            {tab === "security" && <Security session={session} />}
            {tab === "denials" && <Denials session={session} first={page === "glass" ? "glass" : "refused"} />}
            {tab === "markings" && <Markings session={session} />}
            {tab === "policy" && <Policy session={session} />}
            {tab === "rationale" && <Rationale session={session} />}
            {WORKED_AT.has(tab) && (
              <p class="emergency">
                <button type="button" class="button button-small" onClick={() => setBreaking("")}>
                  {glass.emergency}
                </button>
              </p>
            )}
          </>
        )}
        {breaking !== null && closed === null && (
          <Break
            session={session}
            program={program?.name ?? ""}
            wanted={breaking}
            opened={isKnown}
            leave={() => {
              setBreaking(null);
              setTurn(turn + 1);
            }}
          />
        )}
      </BreakGlass.Provider>
    </Frame>
  );
}

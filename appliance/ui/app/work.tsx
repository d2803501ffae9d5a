import { useCallback, useEffect, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { words } from "../parts/words";
import { Denials } from "../screens/denials/denials";
import { words as denials } from "../screens/denials/words";
import { Execute } from "../screens/execute/execute";
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
import type { Answers } from "./api";
import { entryAddress } from "./app";
import { handedOn, isLikeBadge } from "./handed";
import { useOver } from "./over";
import type { Session } from "./session";
import { useTaker } from "./wedge";

type Tab = "tasks" | "orders" | "transfer" | "security" | "policy" | "rationale" | "denials";

/* Which roles see which tab; the box decides every request again by its policy. */
const TABS: { tab: Tab; title: string; roles: string[] }[] = [
  { tab: "tasks", title: tasks.title, roles: ["operator", "inspector", "lead", "quality-engineer"] },
  {
    tab: "orders",
    title: orders.title,
    roles: ["lead", "planner", "program-manager", "manufacturing-engineer"],
  },
  {
    tab: "transfer",
    title: transfer.title,
    roles: ["planner", "lead", "quality-engineer", "program-manager", "security-officer"],
  },
  { tab: "security", title: security.title, roles: ["security-officer"] },
  { tab: "denials", title: denials.title, roles: ["security-officer"] },
  { tab: "policy", title: policy.title, roles: ["security-officer", "policy-author"] },
  { tab: "rationale", title: rationale.title, roles: ["security-officer", "policy-author"] },
];

/* More tabs than that stand closer together. */
const NARROW = 4;
const PROGRAM_MS = 20_000;

interface Job {
  unit: string;
  sequence: number;
}

interface Props {
  session: Session;
  station: Answers["station"];
  /** Forget the session: what it showed is gone from the screen at once. */
  drop(): void;
}

export function Work({ session, station, drop }: Props) {
  const mine = TABS.filter(({ roles }) => roles.some((role) => session.roles.has(role)));
  const [tab, setTab] = useState<Tab>(mine[0]?.tab ?? "tasks");
  const [job, setJob] = useState<Job | null>(null);
  const [said, setSaid] = useState("");
  const [program, setProgram] = useState<Answers["program"] | null>(null);

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
    const look = async () => {
      const outcome = await session.ask("get_program", {});
      if (stopped) return;
      if (outcome.kind === "answer") setProgram(outcome.answer);
      /* again and again: the glass may be broken at any time */
      const wait = outcome.kind === "lost" ? 2000 : PROGRAM_MS;
      timer = window.setTimeout(() => void look(), wait);
    };
    let timer = 0;
    void look();
    return () => {
      stopped = true;
      window.clearTimeout(timer);
    };
  }, [session]);

  return (
    <Frame
      marking={program ?? station}
      name={program?.name ?? ""}
      alert={program?.alert ?? ""}
      middle={
        job === null &&
        mine.length > 1 &&
        mine.map((choice) => (
          <button
            key={choice.tab}
            type="button"
            class={mine.length > NARROW ? "tab tab-narrow" : "tab"}
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
      {job !== null ? (
        <Execute
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
              session={session}
              said={said}
              open={(unit, sequence) => {
                setSaid("");
                setJob({ unit, sequence });
              }}
            />
          )}
          {tab === "orders" && <Orders session={session} />}
          {tab === "transfer" && <Transfer session={session} />}
          {tab === "security" && <Security session={session} />}
          {tab === "denials" && <Denials session={session} />}
          {tab === "policy" && <Policy session={session} />}
          {tab === "rationale" && <Rationale session={session} />}
        </>
      )}
    </Frame>
  );
}

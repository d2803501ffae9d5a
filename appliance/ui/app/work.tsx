import { useCallback, useEffect, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { LockedPanel } from "../parts/locked";
import { SigningPanel } from "../parts/signing";
import { UnconfirmedPanel } from "../parts/unconfirmed";
import { words } from "../parts/words";
import { Execute } from "../screens/execute/execute";
import { Orders } from "../screens/orders/orders";
import { words as orders } from "../screens/orders/words";
import { Security } from "../screens/security/security";
import { words as security } from "../screens/security/words";
import { Tasks } from "../screens/tasks/tasks";
import { words as tasks } from "../screens/tasks/words";
import { Transfer } from "../screens/transfer/transfer";
import { words as transfer } from "../screens/transfer/words";
import type { Answers } from "./api";
import { entryAddress } from "./app";
import { useActivity, useIdle } from "./idle";
import type { Session } from "./session";
import { useShown } from "./shown";

type Tab = "tasks" | "orders" | "transfer" | "security";

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
];
const IDLE_MS = 15 * 60_000;
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
  const signing = useShown(session.signing);
  const unconfirmed = useShown(session.unconfirmed);
  const ended = useShown(session.ended);
  const locked = useShown(session.locked);

  const leave = useCallback(async () => {
    drop();
    if (await session.signOut()) location.replace(entryAddress(station));
  }, [session, station, drop]);
  useIdle(
    IDLE_MS,
    useCallback(() => session.lock(), [session]),
  );
  useActivity(useCallback(() => session.touch(), [session]));

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

  const over =
    (ended && <Ended leave={leave} />) ||
    (locked && <LockedPanel session={session} />) ||
    (unconfirmed !== null && <UnconfirmedPanel unconfirmed={unconfirmed} />) ||
    (signing !== null && <SigningPanel session={session} signing={signing} />);

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
            class="tab"
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
      covered={locked || ended}
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
        </>
      )}
    </Frame>
  );
}

function Ended({ leave }: { leave(): void }) {
  return (
    <section class="over unconfirmed" role="alertdialog">
      <h1>{words.endedTitle}</h1>
      <p>{words.endedText}</p>
      <button type="button" class="button button-main" onClick={leave}>
        {words.endedButton}
      </button>
    </section>
  );
}

import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import { closedWeeks, moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { Bytes, sizeOf } from "./bytes";
import { Digest } from "./digest";
import { words } from "./words";

type Release = Answers["release"];

const WEEKS = 4;

/** The weekly summaries: asked for by one person, approved by two others over the exact bytes. */
export function Outbound({ session }: { session: Session }) {
  const [chosen, setChosen] = useState("");
  if (chosen !== "") return <One session={session} id={chosen} back={() => setChosen("")} />;
  return <All session={session} open={setChosen} />;
}

function All({ session, open }: { session: Session; open(release: string): void }) {
  const asked = useAsked(session, "get_releases", {}, OPEN_MS);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);

  const request = async (slot: string) => {
    setBusy(true);
    setProblem(null);
    setSaid("");
    const outcome = await session.send("request_release", { slot });
    setBusy(false);
    if (outcome.kind === "refused") setProblem(outcome.problem);
    else setSaid(outcome.answer.text === "" ? words.asked : outcome.answer.text);
    asked.again();
  };

  const list = asked.answer?.releases ?? [];
  return (
    <div class="side">
      {problem !== null && <Refusal problem={problem} />}
      {asked.problem !== null && <Refusal problem={asked.problem} />}
      {asked.answer === null && asked.lost && <NoAnswer again={asked.again} />}
      {said !== "" && (
        <p class="said" role="status">
          <Mark shape="pass" /> {said}
        </p>
      )}
      <h2>{words.ask}</h2>
      <div class="weeks">
        {closedWeeks(session.clock.now(), WEEKS).map((slot) => (
          <button
            key={slot}
            type="button"
            class="button"
            data-slot={slot}
            disabled={busy}
            onClick={() => void request(slot)}
          >
            {words.slot(slot)}
          </button>
        ))}
      </div>
      {asked.answer !== null && list.length === 0 && <p class="centre quiet">{words.releasesNone}</p>}
      <ul class="rows">
        {list.map((release) => (
          <li key={release.release} class="row" data-release={release.slot} data-state={release.state}>
            <div class="row-what">
              <p class="row-title">
                <b>{words.slot(release.slot)}</b>{" "}
                <span class="state">{words.states[release.state] ?? release.state}</span>
              </p>
              <p class="row-reason">
                {release.reason !== ""
                  ? release.reason
                  : words.requestedBy(release.requested_by, moment(release.requested))}
              </p>
            </div>
            <button type="button" class="button" onClick={() => open(release.release)}>
              {words.open}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function One({ session, id, back }: { session: Session; id: string; back(): void }) {
  const asked = useAsked(session, "get_release", { release: id }, OPEN_MS);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [withdrawing, setWithdrawing] = useState(false);
  const release = asked.answer;

  const withdraw = async (shown: Release, reason: string) => {
    setProblem(null);
    const outcome = await session.send("withdraw_release", { release: shown.release, reason });
    setWithdrawing(false);
    if (outcome.kind === "refused") setProblem(outcome.problem);
    asked.again();
  };

  const approve = async (shown: Release) => {
    setProblem(null);
    const outcome = await session.sendSigned(
      "approve_release",
      { manifest: shown.manifest, release: shown.release },
      words.approveMeaning,
      words.approveAbout(shown.slot, shown.sequence),
    );
    if (outcome?.kind === "refused") setProblem(outcome.problem);
    asked.again();
  };

  return (
    <div class="side">
      <button type="button" class="button" onClick={back}>
        {words.back}
      </button>
      {problem !== null && <Refusal problem={problem} />}
      {asked.problem !== null && <Refusal problem={asked.problem} />}
      {release === null && asked.lost && <NoAnswer again={asked.again} />}
      {release !== null && (
        <Sheet
          release={release}
          me={session.name}
          approve={() => void approve(release)}
          withdraw={() => setWithdrawing(true)}
        />
      )}
      {release !== null && withdrawing && (
        <ReasonPanel
          title={words.withdrawTitle}
          about={words.withdrawAbout(release.slot)}
          act={words.withdraw}
          busy={false}
          give={(reason) => void withdraw(release, reason)}
          cancel={() => setWithdrawing(false)}
        />
      )}
    </div>
  );
}

/** Why this person cannot approve it, or "". */
function notMine(release: Release, me: string): string {
  if (release.requested_by === me) return words.askedByYou;
  return release.approvals.some((one) => one.name === me) ? words.approvedByYou : "";
}

/** What is read first stands first: the records, then what only describes them. */
function inReadingOrder(members: Release["members"]): Release["members"] {
  const isRecord = (name: string) => name.startsWith("rec-");
  return [...members].sort((a, b) => Number(isRecord(b.name)) - Number(isRecord(a.name)));
}

interface SheetOf {
  release: Release;
  me: string;
  approve(): void;
  withdraw(): void;
}

function Sheet({ release, me, approve, withdraw }: SheetOf) {
  const open = release.state === "awaiting" || release.state === "approved-once";
  const why = notMine(release, me);
  return (
    <article class="sheet" data-state={release.state}>
      <header class="sheet-head">
        <h2>{words.slot(release.slot)}</h2>
        <span class="state">{words.states[release.state] ?? release.state}</span>
        <span class="quiet">{words.requestedBy(release.requested_by, moment(release.requested))}</span>
      </header>
      {release.reason !== "" && <p class="notice">{release.reason}</p>}
      {release.file !== "" && <p>{words.file(release.file)}</p>}
      <h3>{words.bytes}</h3>
      {inReadingOrder(release.members).map((member) => (
        <section key={member.name}>
          <h4>{words.bytesOf(member.name, sizeOf(member.text))}</h4>
          <Bytes text={member.text} />
        </section>
      ))}
      <h3>{words.withheld}</h3>
      {release.withheld.length === 0 && <p class="quiet">{words.withheldNone}</p>}
      <ul class="withheld">
        {release.withheld.map((one, i) => (
          <li key={i}>
            <b>{one.what}</b> {one.rule}
          </li>
        ))}
      </ul>
      <h3>{words.approvals}</h3>
      {release.approvals.length === 0 && <p class="quiet">{words.approvalsNone}</p>}
      <ul class="withheld">
        {release.approvals.map((one, i) => (
          <li key={i}>
            <Mark shape="pass" /> <b>{one.name}</b> “{one.meaning}” {moment(one.at)}
          </li>
        ))}
      </ul>
      {release.manifest !== "" && (
        <>
          <h3>{words.manifest}</h3>
          <Digest hex={release.manifest} />
        </>
      )}
      {open && why !== "" && <p class="notice">{why}</p>}
      {open && (
        <div class="reason-acts">
          <button type="button" class="button" onClick={withdraw}>
            {words.withdraw}
          </button>
          {why === "" && (
            <button type="button" class="button button-main" onClick={approve}>
              {words.approve}
            </button>
          )}
        </div>
      )}
    </article>
  );
}

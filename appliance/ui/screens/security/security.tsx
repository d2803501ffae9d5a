import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard } from "../../parts/heard";
import { Digest } from "../transfer/digest";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words } from "./words";

const EVERY_MS = 10_000;

/** The officer's three facts, read-only. */
export function Security({ session }: { session: Session }) {
  const asked = useAsked(session, "get_security", {}, EVERY_MS);
  const facts = asked.answer;
  if (facts === null)
    return asked.problem !== null ? (
      <Refusal problem={asked.problem} />
    ) : asked.lost ? (
      <NoAnswer again={asked.again} />
    ) : (
      <p class="centre quiet">{words.loading}</p>
    );
  return (
    <section class="security">
      {facts.losses.map((loss) => (
        <Loss key={loss.digest} session={session} loss={loss} changed={asked.again} />
      ))}
      <div class="cards">
        <article class="card">
          <h2>{words.store}</h2>
          <p class="card-fact">{facts.state}</p>
          {facts.lacking !== "" && <p>{facts.lacking}</p>}
          {facts.journal !== "" && <p>{facts.journal}</p>}
        </article>
        <article class="card">
          <h2>{words.log}</h2>
          <p class="card-fact">
            {facts.verified === "" ? words.logNever : words.logVerified(moment(facts.verified))}
          </p>
          <p>{words.logSize(facts.verified_size, facts.events)}</p>
          <p>{words.tables[facts.tables] ?? facts.tables}</p>
          <p>
            {facts.replaying >= 0
              ? words.replaying(facts.replaying, facts.events)
              : facts.replayed === ""
                ? words.replayedNever
                : words.replayed(moment(facts.replayed), facts.replayed_size)}
          </p>
          <details class="fold">
            <summary>{words.logCheckpoint}</summary>
            <p class="digest">{facts.checkpoint}</p>
          </details>
        </article>
        <article class="card">
          <h2>{words.policy}</h2>
          <p class="card-fact">{words.policyCount(facts.policies)}</p>
          <p>{words.policyEpoch(facts.snapshot_epoch)}</p>
          <details class="fold">
            <summary>{words.policyHash}</summary>
            <p class="digest">{facts.policy_hash}</p>
          </details>
        </article>
      </div>
    </section>
  );
}

interface LossOf {
  session: Session;
  loss: Answers["loss"];
  changed(): void;
}

/* The role whose people sign; the box decides it again by its policy. */
const SIGNER = "security-officer";

/** What the auditor has signed and what lies here, and two people's word for the difference. */
function Loss({ session, loss, changed }: LossOf) {
  const act = useAct();
  const mine = loss.first === session.name;
  const sign = async () => {
    const done = await act.run(() =>
      session.sendSigned("accept_loss", { loss: loss.digest }, words.lossMeaning, loss.sentence),
    );
    if (done) changed();
  };
  return (
    <article class="card loss">
      <h2>{words.loss}</h2>
      <p class="notice">{loss.sentence}</p>
      <p>{words.lossNow}</p>
      <dl>
        <dt>{words.lossSigned(loss.signed_size, loss.signed_epoch)}</dt>
        <dd>
          {loss.signed_at !== "" && moment(loss.signed_at)} <Digest hex={loss.signed_root} />
        </dd>
        <dt>{words.lossHere(loss.size, loss.epoch)}</dt>
        <dd>
          {loss.since !== "" && words.lossSince(moment(loss.since))} <Digest hex={loss.root} />
        </dd>
      </dl>
      <p>{words.lossBefore}</p>
      {loss.first !== "" && <p>{mine ? words.lossMine : words.lossFirst(loss.first)}</p>}
      <Heard act={act} />
      {!mine && session.roles.has(SIGNER) && (
        <button type="button" class="button primary" disabled={act.busy} onClick={() => void sign()}>
          {words.lossSign}
        </button>
      )}
    </article>
  );
}

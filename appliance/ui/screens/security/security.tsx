import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
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
      <div class="cards">
        <article class="card">
          <h2>{words.store}</h2>
          <p class="card-fact">{facts.state}</p>
          {facts.lacking !== "" && <p>{facts.lacking}</p>}
        </article>
        <article class="card">
          <h2>{words.log}</h2>
          <p class="card-fact">
            {facts.verified === "" ? words.logNever : words.logVerified(moment(facts.verified))}
          </p>
          <p>{words.logSize(facts.verified_size, facts.events)}</p>
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
      <div class="list-head">
        <h2>{words.denials}</h2>
      </div>
      {facts.denials.length === 0 && <p class="quiet">{words.denialsNone}</p>}
      <ul class="rows">
        {facts.denials.map((denial, i) => (
          <Denial key={i} denial={denial} />
        ))}
      </ul>
    </section>
  );
}

function Denial({ denial }: { denial: Answers["denial"] }) {
  return (
    <li class="row denial">
      <Mark shape="fail" />
      <div class="row-what">
        <p class="row-title">
          <b>{words.denied(denial.person, denial.operation)}</b>{" "}
          {denial.object !== "" && <span>{words.onObject(denial.object)}</span>}
        </p>
        {denial.reasons.map((reason) => (
          <p key={reason.policy} class="row-reason">
            {reason.why} <span class="quiet">({reason.policy})</span>
          </p>
        ))}
      </div>
      <p class="row-side">
        {moment(denial.at)}
        <br />
        {denial.outcome}
      </p>
    </li>
  );
}

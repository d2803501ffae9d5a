import { useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
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
    </section>
  );
}

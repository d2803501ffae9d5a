import type { Session, Signing } from "../app/session";
import { Credentials } from "./credentials";
import { Refusal } from "./refusal";
import { words } from "./words";

/** The full-width panel on which a person signs: printed name, meaning, badge and PIN. */
export function SigningPanel({ session, signing }: { session: Session; signing: Signing }) {
  return (
    <section class="over signing" role="dialog" aria-label={words.signingTitle}>
      <div class="signing-facts">
        <h2>{words.signingTitle}</h2>
        <dl>
          <dt>{words.signingMeaning}</dt>
          <dd class="signing-meaning">“{signing.meaning}”</dd>
          <dt>{words.signingWhat}</dt>
          <dd>{signing.what}</dd>
          <dt>{words.signingAs}</dt>
          <dd>
            {session.name} {session.stamp !== "" && <span class="stamp">{session.stamp}</span>}
          </dd>
        </dl>
        {signing.problem !== null && <Refusal problem={signing.problem} />}
        {signing.lost && <p class="notice">{words.signingLost}</p>}
        <button type="button" class="button" disabled={signing.busy} onClick={signing.cancel}>
          {words.signingCancel}
        </button>
      </div>
      <Credentials
        key={signing.tries}
        busy={signing.busy}
        give={signing.give}
        touch={{ behindBadge: false, act: signing.touch }}
      />
    </section>
  );
}

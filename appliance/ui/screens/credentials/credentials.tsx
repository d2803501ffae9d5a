import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { CardTrust } from "../card-trust/card-trust";
import { words as cards } from "../card-trust/words";
import { OwnKey } from "../own-key/own-key";
import { words } from "./words";

type Credential = Answers["credential"];

const EVERY_MS = 15_000;
const NO_MODEL = /^0*$/;

/** Everybody's security keys and cards; what is new waits for an officer. */
export function CredentialList({ session, cardPort }: { session: Session; cardPort: number }) {
  const asked = useAsked(session, "get_credentials", {}, EVERY_MS);
  const act = useAct();
  const [revoking, setRevoking] = useState<Credential | null>(null);
  const [own, setOwn] = useState(false);
  const [trust, setTrust] = useState(false);
  const all = asked.answer?.credentials ?? [];
  const of = (state: string) => all.filter((one) => one.state === state);

  const approve = async (one: Credential) => {
    await act.run(() =>
      session.sendSigned(
        "approve_credential",
        { credential: one.credential },
        words.approveMeaning,
        words.approveWhat(one.name, one.label, one.fingerprint),
      ),
    );
    asked.again();
  };
  const revoke = async (one: Credential, reason: string) => {
    await act.run(() => session.send("revoke_credential", { credential: one.credential, reason }));
    setRevoking(null);
    asked.again();
  };
  const row = (one: Credential) => {
    const mine = one.state === "pending" && one.person === session.person;
    return (
      <li key={one.credential} class={one.state === "revoked" ? "row row-ended" : "row"} data-credential={one.label}>
        <Mark shape={one.state === "approved" ? "pass" : one.state === "pending" ? "open" : "fail"} />
        <div class="row-what">
          <p class="row-title">
            <b>{one.name}</b> · {words.kinds[one.kind] ?? one.kind} “{one.label}”
          </p>
          <p class="row-reason quiet">
            {words.about(
              NO_MODEL.test(one.model) ? words.noModel : words.model(one.model),
              dayAndTime(one.registered),
              one.fingerprint,
            )}
          </p>
          {mine && <p class="row-reason">{words.mine}</p>}
        </div>
        {one.state !== "revoked" && (
          <div class="row-acts">
            <button type="button" class="button" disabled={act.busy} onClick={() => setRevoking(one)}>
              {words.revoke}
            </button>
            {one.state === "pending" && !mine && (
              <button
                type="button"
                class="button button-main"
                disabled={act.busy}
                onClick={() => void approve(one)}
              >
                {words.approve}
              </button>
            )}
          </div>
        )}
      </li>
    );
  };
  if (trust) return <CardTrust session={session} leave={() => setTrust(false)} />;
  if (own)
    return (
      <OwnKey
        session={session}
        cardPort={cardPort}
        leave={() => {
          setOwn(false);
          asked.again();
        }}
      />
    );
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.heading}</h1>
        <button type="button" class="button" onClick={() => setTrust(true)}>
          {cards.open}
        </button>
        <button type="button" class="button" onClick={() => setOwn(true)}>
          {words.own}
        </button>
      </div>
      <Heard act={act} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <>
          <h2>{words.waiting}</h2>
          {of("pending").length === 0 && <p class="quiet">{words.waitingNone}</p>}
          <ul class="rows">{of("pending").map(row)}</ul>
          <h2>{words.inForce}</h2>
          {of("approved").length === 0 && <p class="quiet">{words.inForceNone}</p>}
          <ul class="rows">{of("approved").map(row)}</ul>
          {of("revoked").length > 0 && (
            <details class="fold">
              <summary>{words.revoked(of("revoked").length)}</summary>
              <ul class="rows">{of("revoked").map(row)}</ul>
            </details>
          )}
        </>
      )}
      {revoking !== null && (
        <ReasonPanel
          title={words.revokeTitle(revoking.name)}
          about={words.revokeAbout}
          act={words.revoke}
          busy={act.busy}
          give={(reason) => void revoke(revoking, reason)}
          cancel={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

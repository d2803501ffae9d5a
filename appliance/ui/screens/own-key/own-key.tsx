import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import { hasKeys, keyMade } from "../../app/key";
import type { Session } from "../../app/session";
import { Credentials } from "../../parts/credentials";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { words } from "./words";

type Stage = "label" | "proof" | "touch";

/** A person registers a key of their own: a name for it, badge and PIN, a touch. */
export function OwnKey({ session, leave }: { session: Session; leave?(): void }) {
  const [stage, setStage] = useState<Stage>("label");
  const [label, setLabel] = useState("");
  const [busy, setBusy] = useState(false);
  const act = useAct();

  const register = async (badge: string, pin: string) => {
    setBusy(true);
    const challenge = await session.try("register_challenge", { badge, pin });
    setBusy(false);
    if (challenge.kind !== "answer") {
      setStage("label");
      return act.refuse(challenge.problem ?? words.lost);
    }
    setStage("touch");
    const made = await keyMade(challenge.answer, session.name);
    setStage("label");
    if (made === null) return act.refuse(words.untouched);
    const fields = { credential: session.clock.id(), label: label.trim(), ...made };
    if (await act.run(() => session.send("register_key", fields))) setLabel("");
  };

  if (stage === "proof")
    return (
      <section class="over over-desk">
        <button type="button" class="button button-small" disabled={busy} onClick={() => setStage("label")}>
          {words.leave}
        </button>
        <Credentials busy={busy} give={(badge, pin) => void register(badge, pin)}>
          <h2>{words.badgeFirst}</h2>
        </Credentials>
      </section>
    );
  if (stage === "touch")
    return (
      <section class="centre" role="status">
        <h1>{words.touch}</h1>
        <p>{words.touchText}</p>
      </section>
    );
  return (
    <section class="desk">
      {leave !== undefined && (
        <button type="button" class="button" onClick={leave}>
          {words.back}
        </button>
      )}
      <h1>{words.heading}</h1>
      <p>{words.text}</p>
      <Heard act={act} />
      {hasKeys() ? (
        <>
          <div class="fields">
            <TextField label={words.label} note={words.labelNote} longest={40} value={label} set={setLabel} />
          </div>
          <button
            type="button"
            class="button button-main"
            disabled={label.trim() === "" || act.busy}
            onClick={() => {
              act.clear();
              setStage("proof");
            }}
          >
            {words.begin}
          </button>
        </>
      ) : (
        <p class="notice">{words.none}</p>
      )}
    </section>
  );
}

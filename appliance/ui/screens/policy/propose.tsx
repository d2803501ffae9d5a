import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import { useAsked } from "../../app/asked";
import { base64Of } from "../../app/key";
import type { Session } from "../../app/session";
import { ChoiceField, LongField, TextField } from "../../parts/field";
import { Heard, Waiting } from "../../parts/heard";
import { words } from "./words";

const LAYERS = ["program", "site"];

/** A set to propose: rules and tests, from files, pasted or typed. */
export function Propose({ session, leave }: { session: Session; leave(proposal: string): void }) {
  const asked = useAsked(session, "get_policy", {}, 0);
  const act = useAct();
  const [layer, setLayer] = useState("program");
  const [policy, setPolicy] = useState<string | null>(null);
  const [tests, setTests] = useState("");
  const [reason, setReason] = useState("");
  const rules = policy ?? (layer === "program" ? (asked.answer?.text ?? "") : "");

  const send = async () => {
    const proposal = session.clock.id();
    const encode = (text: string) => base64Of(new TextEncoder().encode(text));
    const fields = { proposal, layer, policy: encode(rules), tests: encode(tests), reason: reason.trim() };
    if (await act.run(() => session.send("propose_policy", fields))) leave(proposal);
  };
  return (
    <section class="desk">
      <h1>{words.proposeTitle}</h1>
      <p>{words.proposeNote}</p>
      <Waiting asked={asked} />
      <div class="fields">
        <ChoiceField
          label={words.layer}
          choices={LAYERS.map((value) => ({ value, face: words.layers[value] ?? value }))}
          value={layer}
          set={setLayer}
        />
        <TextField label={words.reason} note={words.reasonNote} longest={200} value={reason} set={setReason} />
      </div>
      <LongField
        label={words.policyLabel}
        note={words.policyNote}
        choose={words.file}
        rows={14}
        value={rules}
        set={setPolicy}
      />
      <LongField
        label={words.testsLabel}
        note={words.testsNote}
        choose={words.file}
        rows={8}
        value={tests}
        set={setTests}
      />
      <Heard act={act} />
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={() => leave("")}>
          {words.cancel}
        </button>
        <button
          type="button"
          class="button button-main"
          disabled={act.busy || rules.trim() === "" || tests.trim() === "" || reason.trim() === ""}
          onClick={() => void send()}
        >
          {words.send}
        </button>
      </div>
    </section>
  );
}

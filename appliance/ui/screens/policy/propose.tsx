import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers, Fields, Settled } from "../../app/api";
import type { Asked } from "../../app/asked";
import { base64Of } from "../../app/key";
import type { Session } from "../../app/session";
import { ChoiceField, LongField, TextField } from "../../parts/field";
import { Heard, Waiting } from "../../parts/heard";
import { words } from "./words";

interface Props {
  session: Session;
  /** What is in force; its text begins the proposal of the first layer. */
  asked: Asked<Answers["policy"]>;
  layers: string[];
  send(fields: Fields<"propose_policy">): Promise<Settled<Answers["done"]>>;
  leave(proposal: string): void;
}

/** A set to propose: rules and tests, from files, pasted or typed. */
export function Propose({ session, asked, layers, send: give, leave }: Props) {
  const act = useAct();
  const [layer, setLayer] = useState(layers[0] ?? "");
  const [policy, setPolicy] = useState<string | null>(null);
  const [tests, setTests] = useState("");
  const [reason, setReason] = useState("");
  const rules = policy ?? (layer === layers[0] ? (asked.answer?.text ?? "") : "");

  const send = async () => {
    const proposal = session.clock.id();
    const encode = (text: string) => base64Of(new TextEncoder().encode(text));
    const fields = { proposal, layer, policy: encode(rules), tests: encode(tests), reason: reason.trim() };
    if (await act.run(() => give(fields))) leave(proposal);
  };
  return (
    <section class="desk">
      <h1>{words.proposeTitle}</h1>
      <p>{words.proposeNote}</p>
      {layer === "site" && layers.length > 1 && <p class="notice">{words.proposeSite}</p>}
      <Waiting asked={asked} />
      <div class="fields">
        {layers.length > 1 && (
          <ChoiceField
            label={words.layer}
            choices={layers.map((value) => ({ value, face: words.layers[value] ?? value }))}
            value={layer}
            set={setLayer}
          />
        )}
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

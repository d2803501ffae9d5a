import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Session } from "../../app/session";
import { ChoiceField, TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { words } from "./words";

/** The control that an obligation is entered for, as far as it is known. */
export interface Control {
  control: string;
  object: string;
}

interface Props {
  session: Session;
  about: Control;
  leave(): void;
}

const choicesOf = (faces: Record<string, string>) =>
  Object.entries(faces).map(([value, face]) => ({ value, face }));
/* These are one of a kind: there is nothing to name. */
const ALONE = new Set(["", "enclave"]);

/** One obligation, the document it stands in, and the control that meets it. */
export function EnterRationale({ session, about, leave }: Props) {
  const act = useAct();
  const [kind, setKind] = useState("contract-clause");
  const [obligation, setObligation] = useState("");
  const [document, setDocument] = useState("");
  const [control, setControl] = useState(about.control);
  const [object, setObject] = useState(about.object);
  const [how, setHow] = useState("");
  const named = !ALONE.has(control);
  const ready = obligation.trim() !== "" && document.trim() !== "" && (!named || object.trim() !== "");

  const send = async () => {
    const done = await act.run(() =>
      session.send("enter_rationale", {
        rationale: session.clock.id(),
        kind,
        obligation: obligation.trim(),
        document: document.trim(),
        ...(control === "" ? {} : { control }),
        ...(named ? { object: object.trim() } : {}),
        ...(how.trim() === "" ? {} : { how: how.trim() }),
      }),
    );
    if (done) leave();
  };
  return (
    <section class="desk">
      <h1>{words.enterTitle}</h1>
      <div class="fields">
        <ChoiceField label={words.kind} choices={choicesOf(words.kinds)} value={kind} set={setKind} />
        <TextField
          label={words.documentField}
          note={words.documentNote}
          longest={120}
          value={document}
          set={setDocument}
        />
        <TextField label={words.obligationField} longest={120} value={obligation} set={setObligation} />
        <ChoiceField
          label={words.controlField}
          choices={choicesOf(words.controls)}
          value={control}
          set={setControl}
        />
        {named && (
          <TextField label={words.object} note={words.objectNote} longest={64} value={object} set={setObject} />
        )}
        <TextField label={words.howField} longest={200} value={how} set={setHow} />
      </div>
      <Heard act={act} />
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={leave}>
          {words.cancel}
        </button>
        <button type="button" class="button button-main" disabled={act.busy || !ready} onClick={() => void send()}>
          {words.send}
        </button>
      </div>
    </section>
  );
}

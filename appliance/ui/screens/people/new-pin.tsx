import { useState } from "preact/hooks";
import type { Act } from "../../app/act";
import type { Session } from "../../app/session";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { words } from "./words";

const SHORTEST = 6;

interface Props {
  session: Session;
  person: { id: string; name: string };
  /** No second officer is left who could restore this person. */
  alone: boolean;
  act: Act;
  leave(): void;
}

/** Another first PIN for somebody who forgot his: signed; another officer then lets him in again. */
export function NewPin({ session, person, alone, act, leave }: Props) {
  const [pin, setPin] = useState("");
  const [reason, setReason] = useState("");
  const ready = pin.length >= SHORTEST && reason.trim() !== "";

  const send = async () => {
    const fields = { person: person.id, pin, reason: reason.trim() };
    const signed = () =>
      session.sendSigned("reset_pin", fields, words.newPinMeaning, words.newPinTitle(person.name));
    if (await act.run(signed)) leave();
  };
  return (
    <section class="desk">
      <h1>{words.newPinTitle(person.name)}</h1>
      <p>{words.newPinAbout}</p>
      {alone && <p class="notice">{words.suspendLast}</p>}
      <Heard act={act} />
      <div class="fields">
        <TextField label={words.pin} note={words.pinNote} longest={64} value={pin} set={setPin} />
        <TextField label={words.newPinWhy} longest={160} value={reason} set={setReason} />
      </div>
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={leave}>
          {words.cancel}
        </button>
        <button type="button" class="button button-main" disabled={act.busy || !ready} onClick={() => void send()}>
          {words.newPinButton}
        </button>
      </div>
    </section>
  );
}

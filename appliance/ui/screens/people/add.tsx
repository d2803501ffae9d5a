import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Session } from "../../app/session";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { words } from "./words";

/** A new person: a name, a badge and a first PIN, and nothing that they open. */
export function Add({ session, leave }: { session: Session; leave(person: string): void }) {
  const act = useAct();
  const [name, setName] = useState("");
  const [badge, setBadge] = useState("");
  const [stamp, setStamp] = useState("");
  const [pin, setPin] = useState("");
  const ready = [name, badge, stamp].every((text) => text.trim() !== "") && pin.length >= 6;

  const send = async () => {
    const person = session.clock.id();
    const fields = { person, badge: badge.trim(), pin, name: name.trim(), stamp: stamp.trim() };
    if (await act.run(() => session.send("add_person", fields))) leave(person);
  };
  return (
    <section class="desk">
      <h1>{words.addTitle}</h1>
      <p>{words.addNote}</p>
      <Heard act={act} />
      <div class="fields">
        <TextField label={words.name} longest={64} value={name} set={setName} />
        <TextField label={words.badgeNumber} note={words.badgeNote} longest={32} value={badge} set={setBadge} />
        <TextField label={words.stamp} longest={16} value={stamp} set={setStamp} />
        <TextField label={words.pin} note={words.pinNote} longest={64} value={pin} set={setPin} />
      </div>
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={() => leave("")}>
          {words.cancel}
        </button>
        <button type="button" class="button button-main" disabled={act.busy || !ready} onClick={() => void send()}>
          {words.addButton}
        </button>
      </div>
    </section>
  );
}

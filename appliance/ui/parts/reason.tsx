import { useState } from "preact/hooks";
import { words } from "./words";

const LONGEST = 200;

interface Asked {
  title: string;
  about: string;
  /** What the button that does it says. */
  act: string;
  busy: boolean;
  /** In characters; the box counts bytes, and says so when they are too many. */
  longest?: number;
  give(reason: string): void;
  cancel(): void;
}

/** The panel on which a person says why before something is taken back. */
export function ReasonPanel({ title, about, act, busy, longest = LONGEST, give, cancel }: Asked) {
  const [reason, setReason] = useState("");
  const said = reason.trim();
  return (
    <section class="over reason" role="dialog" aria-label={title}>
      <h2>{title}</h2>
      <p>{about}</p>
      <label class="reason-label">
        {words.reasonLabel}
        <textarea
          class="reason-text"
          rows={3}
          maxLength={longest}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <div class="reason-acts">
        <button type="button" class="button" disabled={busy} onClick={cancel}>
          {words.reasonCancel}
        </button>
        <button
          type="button"
          class="button button-main"
          disabled={busy || said === ""}
          onClick={() => give(said)}
        >
          {act}
        </button>
      </div>
    </section>
  );
}

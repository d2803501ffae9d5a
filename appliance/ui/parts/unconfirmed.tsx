import type { Unconfirmed } from "../app/session";
import { useWedge } from "../app/wedge";
import { Refusal } from "./refusal";
import { LinkState } from "./frame";
import { words } from "./words";

/** No answer came: the same bytes, with the same id, go again when the person says so. */
export function UnconfirmedPanel({ unconfirmed }: { unconfirmed: Unconfirmed }) {
  useWedge({ scan: () => undefined, key: (key) => key === "Enter" && unconfirmed.again() });
  return (
    <section class="over unconfirmed" role="alertdialog" aria-label={words.unconfirmedTitle}>
      <h1>{words.unconfirmedTitle}</h1>
      <p>{words.unconfirmedText}</p>
      {unconfirmed.problem !== null && <Refusal problem={unconfirmed.problem} />}
      <LinkState />
      <button
        type="button"
        class="button button-main"
        disabled={unconfirmed.sending}
        onClick={unconfirmed.again}
      >
        {unconfirmed.sending ? words.unconfirmedSending : words.unconfirmedAgain}
      </button>
    </section>
  );
}

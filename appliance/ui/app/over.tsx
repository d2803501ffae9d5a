import type { ComponentChild } from "preact";
import { useCallback } from "preact/hooks";
import { LockedPanel } from "../parts/locked";
import { SigningPanel } from "../parts/signing";
import { UnconfirmedPanel } from "../parts/unconfirmed";
import { words } from "../parts/words";
import { useActivity, useIdle } from "./idle";
import type { Session } from "./session";
import { useShown } from "./shown";

const IDLE_MS = 15 * 60_000;

interface Over {
  /** What lies over the page, or false. */
  over: ComponentChild | false;
  covered: boolean;
}

/** Whatever a session puts over its pages; and its sign of life, and its lock without one. */
export function useOver(session: Session, leave: () => void): Over {
  const signing = useShown(session.signing);
  const unconfirmed = useShown(session.unconfirmed);
  const ended = useShown(session.ended);
  const locked = useShown(session.locked);
  useIdle(
    IDLE_MS,
    useCallback(() => session.lock(), [session]),
  );
  useActivity(useCallback(() => session.touch(), [session]));
  const over =
    (ended && <Ended leave={leave} />) ||
    (locked && <LockedPanel session={session} leave={leave} />) ||
    (unconfirmed !== null && <UnconfirmedPanel unconfirmed={unconfirmed} />) ||
    (signing !== null && <SigningPanel session={session} signing={signing} />);
  return { over, covered: locked || ended };
}

function Ended({ leave }: { leave(): void }) {
  return (
    <section class="over unconfirmed" role="alertdialog">
      <h1>{words.endedTitle}</h1>
      <p>{words.endedText}</p>
      <button type="button" class="button button-main" onClick={leave}>
        {words.endedButton}
      </button>
    </section>
  );
}

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../../app/session";

/** What was typed and is not recorded yet, by balloon. */
export type Typed = Readonly<Record<string, string>>;

interface Draft {
  /** null: the box has not said yet what it kept. */
  typed: Typed | null;
  put(balloon: string, text: string): void;
}

const AFTER_MS = 700;

function read(text: string): Typed {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== "object" || said === null) return {};
    return Object.fromEntries(Object.entries(said).filter(([, value]) => typeof value === "string")) as Typed;
  } catch {
    return {};
  }
}

/**
 * What is typed lies in the box, under its person: it survives a lock, a reload and
 * somebody else's badge.  It is kept a moment after the last key, and before the session goes.
 */
export function useDraft(session: Session, unit: string, sequence: number): Draft {
  const [typed, setTyped] = useState<Typed | null>(null);
  const newest = useRef<Typed>({});
  const kept = useRef("");
  const timer = useRef(0);

  const keep = useCallback(async () => {
    window.clearTimeout(timer.current);
    const text = Object.keys(newest.current).length === 0 ? "" : JSON.stringify(newest.current);
    if (text === kept.current) return;
    const before = kept.current;
    kept.current = text;
    const outcome = await session.try("save_draft", { unit, sequence, draft: text });
    if (outcome.kind !== "answer") kept.current = before;
  }, [session, unit, sequence]);

  useEffect(() => {
    let stopped = false;
    const look = async () => {
      const outcome = await session.ask("get_draft", { unit, sequence });
      if (stopped) return;
      if (outcome.kind === "lost") return void window.setTimeout(() => void look(), 2000);
      kept.current = outcome.kind === "answer" ? outcome.answer.draft : "";
      newest.current = { ...read(kept.current), ...newest.current };
      setTyped(newest.current);
    };
    void look();
    session.keepers.add(keep);
    return () => {
      stopped = true;
      session.keepers.delete(keep);
      void keep();
    };
  }, [session, unit, sequence, keep]);

  const put = useCallback(
    (balloon: string, text: string) => {
      const { [balloon]: _, ...rest } = newest.current;
      newest.current = text === "" ? rest : { ...rest, [balloon]: text };
      setTyped((now) => (now === null ? null : newest.current));
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => void keep(), AFTER_MS);
    },
    [keep],
  );
  return { typed, put };
}

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { AnswerOf, Asking, Fields, Problem } from "./api";
import { LOCKED, type Session } from "./session";

/** While a job, its drawing or a list is open: what is taken away is gone within three seconds. */
export const OPEN_MS = 1_500;
/** A refusal is on record: what was refused is asked for again, but seldom. */
export const REFUSED_MS = 15_000;

/** What a screen shows of a question that it asks again every few seconds. */
export interface Asked<A> {
  answer: A | null;
  problem: Problem | null;
  lost: boolean;
  /** Ask now; true when the answer has come. */
  again(): Promise<boolean>;
}

/**
 * Ask, and ask again ${everyMs} after each answer.  What the box refuses is not shown any more; what
 * a locked session covers, and what could not be asked, stays as it was.
 */
export function useAsked<N extends Asking>(
  session: Session,
  name: N,
  fields: Fields<N>,
  everyMs: number,
): Asked<AnswerOf<N>> {
  const [answer, setAnswer] = useState<AnswerOf<N> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);
  const turn = useRef(0);
  const timer = useRef(0);
  const key = JSON.stringify(fields);

  const again = useCallback(async (): Promise<boolean> => {
    const mine = ++turn.current;
    window.clearTimeout(timer.current);
    const outcome = await session.ask(name, fields);
    if (mine !== turn.current) return false;
    const refused = outcome.kind === "refused";
    setLost(outcome.kind === "lost");
    if (outcome.kind === "answer") setAnswer(outcome.answer);
    if (refused && outcome.status !== LOCKED) setAnswer(null);
    if (outcome.kind !== "lost") setProblem(refused ? outcome.problem : null);
    const wait = refused && outcome.status !== LOCKED ? Math.max(everyMs, REFUSED_MS) : everyMs;
    /* nothing is asked behind a lock; what is uncovered is asked for soon */
    const next = () => {
      if (session.locked.value) timer.current = window.setTimeout(next, everyMs);
      else void again();
    };
    if (everyMs > 0) timer.current = window.setTimeout(next, wait);
    return outcome.kind === "answer";
  }, [session, name, key, everyMs]);

  useEffect(() => {
    void again();
    return () => {
      turn.current++;
      window.clearTimeout(timer.current);
    };
  }, [again]);
  return { answer, problem, lost, again };
}

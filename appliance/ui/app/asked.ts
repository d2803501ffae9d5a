import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { AnswerOf, Asking, Fields, Problem } from "./api";
import type { Session } from "./session";

/** What a screen shows of a question that it asks again every few seconds. */
export interface Asked<A> {
  answer: A | null;
  problem: Problem | null;
  lost: boolean;
  again(): void;
}

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
  const key = JSON.stringify(fields);

  const again = useCallback(() => {
    const mine = ++turn.current;
    const look = async () => {
      const outcome = await session.ask(name, fields);
      if (mine !== turn.current) return;
      setLost(outcome.kind === "lost");
      if (outcome.kind === "answer") setAnswer(outcome.answer);
      if (outcome.kind !== "lost") setProblem(outcome.kind === "refused" ? outcome.problem : null);
    };
    void look();
  }, [session, name, key]);

  useEffect(() => {
    again();
    const timer = everyMs > 0 ? window.setInterval(again, everyMs) : 0;
    return () => {
      turn.current++;
      window.clearInterval(timer);
    };
  }, [again, everyMs]);
  return { answer, problem, lost, again };
}

import { useState } from "preact/hooks";
import type { Answers, Problem, Settled } from "./api";

type Done = Settled<Answers["done"]>;

/** One act at a time: what it said, or why it was refused. */
export interface Act {
  busy: boolean;
  said: string;
  problem: Problem | null;
  /** Do it; true when it was done.  Not signed is not done, and says nothing. */
  run(doing: () => Promise<Done | null>): Promise<boolean>;
  refuse(problem: Problem): void;
  clear(): void;
}

export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const clear = () => {
    setSaid("");
    setProblem(null);
  };
  const run = async (doing: () => Promise<Done | null>) => {
    clear();
    setBusy(true);
    const outcome = await doing();
    setBusy(false);
    if (outcome?.kind === "refused") setProblem(outcome.problem);
    if (outcome?.kind === "answer") setSaid(outcome.answer.text);
    return outcome?.kind === "answer";
  };
  return { busy, said, problem, run, refuse: setProblem, clear };
}

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Problem } from "../app/api";
import { words } from "./words";

/** Break the glass for this action; null where there is none to break. */
export const BreakGlass = createContext<((action: string) => void) | null>(null);

/** A refusal in words: what happened, what was kept, what to do; in an emergency, to open it. */
export function Refusal({ problem }: { problem: Problem }) {
  const breakGlass = useContext(BreakGlass);
  const { breakable } = problem;
  return (
    <div class="refusal" role="alert">
      <p class="refusal-error">{problem.error}</p>
      {problem.kept !== "" && <p>{problem.kept}</p>}
      {problem.todo !== "" && <p class="refusal-todo">{problem.todo}</p>}
      {breakGlass !== null && breakable !== undefined && (
        <p class="refusal-glass">
          <button type="button" class="button" onClick={() => breakGlass(breakable)}>
            {words.breakGlass}
          </button>
          {words.breakGlassNote}
        </p>
      )}
    </div>
  );
}

/** A question to the box that got no answer; it may simply be asked again. */
export function NoAnswer({ again }: { again(): void }) {
  return (
    <div class="notice" role="alert">
      <p>{words.lostQuestion}</p>
      <button type="button" class="button" onClick={again}>
        {words.refresh}
      </button>
    </div>
  );
}

import type { Problem } from "../app/api";
import { words } from "./words";

/** A refusal in words: what happened, what was kept, what to do. */
export function Refusal({ problem }: { problem: Problem }) {
  return (
    <div class="refusal" role="alert">
      <p class="refusal-error">{problem.error}</p>
      {problem.kept !== "" && <p>{problem.kept}</p>}
      {problem.todo !== "" && <p class="refusal-todo">{problem.todo}</p>}
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

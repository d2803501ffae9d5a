import type { Act } from "../app/act";
import type { Asked } from "../app/asked";
import { Mark } from "./mark";
import { NoAnswer, Refusal } from "./refusal";
import { words } from "./words";

/** What the last act came to, in words. */
export function Heard({ act }: { act: Act }) {
  if (act.busy)
    return (
      <p class="quiet" role="status">
        {words.wait}
      </p>
    );
  if (act.problem !== null) return <Refusal problem={act.problem} />;
  if (act.said === "") return null;
  return (
    <p class="said" role="status">
      <Mark shape="pass" /> {act.said}
    </p>
  );
}

/** What stands in for an answer that is not there, and what is wrong with one that is old. */
export function Waiting({ asked }: { asked: Asked<unknown> }) {
  if (asked.problem !== null) return <Refusal problem={asked.problem} />;
  if (asked.lost) return <NoAnswer again={asked.again} />;
  return asked.answer === null ? <p class="quiet">{words.wait}</p> : null;
}

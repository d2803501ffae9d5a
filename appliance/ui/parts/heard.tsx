import { useEffect, useRef } from "preact/hooks";
import type { Act } from "../app/act";
import type { Asked } from "../app/asked";
import { Mark } from "./mark";
import { NoAnswer, Refusal } from "./refusal";
import { words } from "./words";

/** What the last act came to, in words; brought into sight where the page is longer than the screen. */
export function Heard({ act }: { act: Act }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (act.problem !== null || act.said !== "") place.current?.scrollIntoView({ block: "nearest" });
  }, [act.problem, act.said]);
  if (act.busy)
    return (
      <p class="quiet" role="status">
        {words.wait}
      </p>
    );
  if (act.problem === null && act.said === "") return null;
  return (
    <div ref={place}>
      {act.problem !== null ? (
        <Refusal problem={act.problem} />
      ) : (
        <p class="said" role="status">
          <Mark shape="pass" /> {act.said}
        </p>
      )}
    </div>
  );
}

/** What stands in for an answer that is not there, and what is wrong with one that is old. */
export function Waiting({ asked }: { asked: Asked<unknown> }) {
  if (asked.problem !== null) return <Refusal problem={asked.problem} />;
  if (asked.lost) return <NoAnswer again={asked.again} />;
  return asked.answer === null ? <p class="quiet">{words.wait}</p> : null;
}

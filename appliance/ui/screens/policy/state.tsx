import { useEffect, useRef } from "preact/hooks";
import type { Answers } from "../../app/api";
import { dayAndTime } from "../../app/clock";
import { Mark } from "../../parts/mark";
import { words } from "./words";

type Set_ = Answers["policy_set"];

/** Who proposed a set, and what came of it; brought into sight when that changes. */
export function SetState({ set }: { set: Set_ }) {
  const place = useRef<HTMLDivElement>(null);
  const before = useRef(set.state);
  useEffect(() => {
    if (before.current !== set.state) place.current?.scrollIntoView({ block: "end" });
    before.current = set.state;
  }, [set.state]);
  const on = dayAndTime(set.decided);
  return (
    <div ref={place} class="side">
      <p class="quiet">{words.by(set.proposed_by, dayAndTime(set.proposed))}</p>
      {set.state === "installed" && (
        <p class="said" role="status">
          <Mark shape="pass" /> {words.nowInstalled(set.decided_by, on)}
        </p>
      )}
      {set.state === "superseded" && <p class="notice">{words.replaced(set.decided_by, on)}</p>}
      {set.state === "declined" && <p class="notice">{words.nowDeclined(set.decided_by, on, set.decided_reason)}</p>}
    </div>
  );
}

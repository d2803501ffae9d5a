import type { Answers } from "../../app/api";
import { dayAndTime } from "../../app/clock";
import { Mark } from "../../parts/mark";
import { words } from "./words";

type Set_ = Answers["policy_set"];

interface Props {
  sets: Set_[];
  open(proposal: string): void;
}

/** What waits for a second officer first, then what is in force; those of before are folded away. */
export function Sets({ sets, open }: Props) {
  const of = (...states: string[]) => sets.filter((one) => states.includes(one.state));
  const past = of("superseded", "declined");
  const rows = (list: Set_[]) => (
    <ul class="rows">
      {list.map((one) => (
        <li key={one.proposal}>
          <Row set={one} open={() => open(one.proposal)} />
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <h2>{words.waiting}</h2>
      {of("proposed").length === 0 && <p class="quiet">{words.waitingNone}</p>}
      {rows(of("proposed"))}
      <h2>{words.inForce}</h2>
      {rows(of("installed"))}
      {past.length > 0 && (
        <details class="fold">
          <summary>{words.past(past.length)}</summary>
          {rows(past)}
        </details>
      )}
    </>
  );
}

function history(set: Set_): string {
  const parts = [words.by(set.proposed_by, dayAndTime(set.proposed))];
  if (set.state === "installed" || set.state === "superseded")
    parts.push(words.installed(set.decided_by, dayAndTime(set.decided)));
  if (set.state === "declined") parts.push(words.declined(set.decided_by, dayAndTime(set.decided), set.decided_reason));
  return parts.join("; ");
}

function Row({ set, open }: { set: Set_; open(): void }) {
  return (
    <button type="button" class="row" data-policy={set.layer} data-state={set.state} onClick={open}>
      <Mark shape={set.state === "installed" ? "pass" : set.state === "proposed" ? "open" : "blocked"} />
      <span class="row-what">
        <span class="row-title">
          <b>{words.layers[set.layer] ?? set.layer}</b>, {words.version(set.version)}
        </span>
        <br />
        <span class="row-reason">{set.reason}</span>
        <br />
        <span class="row-reason quiet">{history(set)}</span>
      </span>
      <span class="row-side">{words.tests(set.tests)}</span>
    </button>
  );
}

import type { ComponentChildren } from "preact";
import type { Answers } from "../app/api";
import { day } from "../app/clock";
import { Mark, type Shape } from "./mark";
import { words } from "./record-words";

type Record_ = Answers["record"];

/** What a record says, in plain words: "Clearance 2 confidential". */
export function saying(attribute: string, value: string): string {
  const name = words.attributes[attribute] ?? capital(attribute.replaceAll("-", " "));
  if (value === "true" || value === "") return name;
  return `${name} ${words.levelled.has(attribute) ? (words.levels[Number(value)] ?? value) : value}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SHAPES: { [state: string]: Shape } = { active: "pass", pending: "open", "not yet": "here", revoked: "fail" };

export function isEnded(record: Record_): boolean {
  return record.state === "expired" || record.state === "revoked" || record.state === "superseded";
}

function standing(record: Record_): string {
  if (record.state === "revoked") return words.revoked(day(record.revoked), record.revoked_by, record.revoked_why);
  if (record.state === "pending") return words.waits(record.entered_by, day(record.entered));
  return words.approved(record.entered_by, record.approved_by, day(record.approved));
}

interface Of {
  record: Record_;
  /** The name of the program that it is for, or "". */
  program: string;
  /** Say whose it is, too. */
  named?: boolean;
  before?: ComponentChildren;
  children?: ComponentChildren;
}

/** One record as one calm row. */
export function RecordRow({ record, program, named = false, before, children }: Of) {
  const ended = isEnded(record);
  return (
    <li class={ended ? "row row-ended" : "row"} data-record={record.record} data-state={record.state}>
      {before ?? <Mark shape={SHAPES[record.state] ?? "blocked"} />}
      <div class="row-what">
        <p class="row-title">
          {named && <>{record.holder_name}: </>}
          <b>{saying(record.attribute, record.value)}</b>
          {program !== "" && !record.value.includes(program) && <> · {program}</>}{" "}
          {record.state !== "active" && !(named && record.state === "pending") && (
            <span class="state">{words.states[record.state] ?? record.state}</span>
          )}
        </p>
        <p class="row-reason">
          {words.span(record.state, day(record.from), day(record.until))} – {record.document},{" "}
          {words.granted(record.granted_by, record.granting_role)}
        </p>
        <p class="row-reason quiet">{standing(record)}</p>
        {record.note !== "" && <p class="row-reason">{record.note}</p>}
      </div>
      {children}
    </li>
  );
}

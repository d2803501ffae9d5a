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

/** What ended and still counts, until another record takes its place. */
export const PAST = "past its review";

const SHAPES: { [state: string]: Shape } = {
  active: "pass",
  pending: "open",
  "not yet": "here",
  revoked: "fail",
  [PAST]: "running",
};
/* With these, nothing of the person goes on when they end. */
const VISITS: readonly string[] = ["visitor", "vendor"];

export function isEnded(record: Record_): boolean {
  return record.state === "expired" || record.state === "revoked" || record.state === "superseded";
}

/** One officer wants it revoked, and another has not approved that yet. */
export function isAsked(record: Record_): boolean {
  return record.revoked_by !== "" && !isEnded(record);
}

/** What stands beside a record, in a word or two. */
export function stateFace(record: Pick<Record_, "attribute" | "state">): string {
  if (record.state === PAST && VISITS.includes(record.attribute)) return words.visitOver;
  return words.states[record.state] ?? record.state;
}

function standing(record: Record_): string {
  const { revoked_by: by, revocation_approved_by: and, revoked_why: why } = record;
  if (record.state === "revoked" && and !== "") return words.revokedByTwo(day(record.revoked), by, and, why);
  if (record.state === "revoked") return words.revoked(day(record.revoked), by, why);
  if (record.state === "pending") return words.waits(record.entered_by, day(record.entered));
  return words.approved(record.entered_by, record.approved_by, day(record.approved));
}

/** As it stands in a list of what is past its review: that is not said again of each. */
export function pastOf(record: Record_): Record_ {
  return VISITS.includes(record.attribute) ? record : { ...record, note: "" };
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
  const asked = isAsked(record);
  return (
    <li
      class={ended ? "row row-ended" : "row"}
      data-record={record.record}
      data-state={record.state}
      data-asked={asked || undefined}
    >
      {before ?? <Mark shape={SHAPES[record.state] ?? "blocked"} />}
      <div class="row-what">
        <p class="row-title">
          {named && <>{record.holder_name}: </>}
          <b>{saying(record.attribute, record.value)}</b>
          {program !== "" && !record.value.includes(program) && <> · {program}</>}{" "}
          {record.state !== "active" && !(named && record.state === "pending") && (
            <span class="state">{stateFace(record)}</span>
          )}{" "}
          {asked && !named && <span class="state">{words.asked}</span>}
        </p>
        <p class="row-reason">
          {words.span(record.state, day(record.from), day(record.until))} – {record.document}
          {record.state === "pending" && words.dated(record.document_type, day(record.document_date))},{" "}
          {words.granted(record.granted_by, record.granting_role)}
        </p>
        {record.replaces !== "" && !ended && (
          <p class="row-reason">
            {words.replaces} <b>{saying(record.attribute, record.replaces)}</b>, {words.states[record.replaces_state] ?? record.replaces_state}
            {record.replaces_scope === "" && record.scope !== "" && words.everywhere}
          </p>
        )}
        <p class="row-reason quiet">{standing(record)}</p>
        {asked ? (
          <p class="row-reason">
            {words.askedBy(record.revoked_by, record.revoked_why)} {!named && words.askedCounts}
          </p>
        ) : (
          record.note !== "" && <p class="row-reason">{record.note}</p>
        )}
      </div>
      {children}
    </li>
  );
}

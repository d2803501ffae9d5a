import type { Answers } from "../../app/api";
import { words } from "./words";

/** A marking, whether it is in force or written only now. */
export type Said = Omit<Answers["marking"], "proposal" | "object" | "what" | "state" | "opens" | "proposed_by" | "proposed">;

export const PROGRAM = "program";

/** What is marked, in a word and its own name. */
export function nameOf(marking: Pick<Answers["marking"], "object" | "what">): string {
  if (marking.object === PROGRAM) return words.program;
  return marking.what === "" ? marking.object : `${marking.object} · ${marking.what}`;
}

function controls(marking: Said): string {
  return [marking.itar ? words.itar : "", marking.ear ? words.ear : ""].filter((word) => word !== "").join(", ");
}

/** A marking in one line, as short as on a cover sheet. */
export function lineOf(marking: Said): string {
  const after = (label: string, text: string) => (text === "" ? "" : `${label} ${text}`);
  return [
    words.levels[marking.level] ?? String(marking.level),
    [controls(marking), marking.category].filter((text) => text !== "").join(" "),
    marking.dissem,
    after("REL TO", marking.rel_to),
    marking.ldc,
    after("list", marking.list),
    after("contract", marking.contract),
    after("without", marking.excluded),
    after("zones", marking.zones),
    after("group", marking.group),
    after("party", marking.party),
  ]
    .filter((text) => text !== "")
    .join(" · ");
}

/* Each word with what it means. */
function spelled(text: string, table: { word: string; face: string }[]): string {
  const face = (word: string) => table.find((one) => one.word === word)?.face;
  return text
    .split(" ")
    .map((word) => (face(word) === undefined ? word : `${word} (${face(word)})`))
    .join(", ");
}

/** A part of a marking that another one says otherwise. */
export interface Part {
  label: string;
  was: string;
  text: string;
}

/** Part by part, what is said now and what then. */
export function compared(now: Said, after: Said): Part[] {
  const before = partsOf(now);
  return partsOf(after).map((part, i) => ({ ...part, was: before[i]?.text ?? "" }));
}

/** How many parts change beside the one that the box names; where it was taken from opens nothing. */
export function othersChanged(now: Said, after: Said): number {
  return compared({ ...now, source: after.source }, after).filter((part) => part.text !== part.was).length - 1;
}

/* Every part with its name; the order is that of the form. */
function partsOf(marking: Said): { label: string; text: string }[] {
  return [
    { label: words.level, text: words.levels[marking.level] ?? String(marking.level) },
    { label: words.export, text: controls(marking) },
    { label: words.category, text: marking.category },
    { label: words.party, text: marking.party },
    { label: words.dissem, text: spelled(marking.dissem, words.dissems) },
    { label: words.ldc, text: spelled(marking.ldc, words.ldcs) },
    { label: words.relTo, text: marking.rel_to },
    { label: words.list, text: marking.list },
    { label: words.contract, text: marking.contract },
    { label: words.excluded, text: marking.excluded },
    { label: words.zones, text: marking.zones },
    { label: words.group, text: marking.group },
    { label: words.sourceField, text: marking.source },
  ];
}

import { operations } from "types";

export const words = {
  kinds: { why: "Why?", who: "Who can?", what: "What can?" },
  headings: {
    why: "May somebody do this, and why?",
    who: "Who can do this?",
    what: "What can this person do?",
  },
  who: "Who",
  whoNote: "A name, a stamp, or the number of a person",
  what: "Does what",
  on: "On what",
  onNote: "A serial, order or document number; empty for the program itself",
  day: "On which day",
  dayNote: "Empty for now. A past day is answered with the people and rules of that moment.",
  time: "At what time",
  timeNote: "Hours and minutes in UTC, such as 07:30",
  ask: "Ask",
  at: (time: string) => `Answered for ${time}.`,
  marking: (marking: string) => `Marking: ${marking}.`,
  policies: (count: number, hash: string) => `${count} rules in force, set ${hash.slice(0, 12)}…`,
  kindsOf: {
    forbids: "Forbids",
    permits: "Permits",
    unmet: "Would permit, but is not met",
    erred: "Errs, and so denies",
  } as Record<string, string>,
  because: "The rules, one by one",
  parts: "Its parts, and what each came to",
  records: "The records behind it",
  record: (what: string, document: string, by: string) => `${what} – ${document}, granted by ${by}`,
  span: (from: string, until: string) => `${from} to ${until}`,
  recordStates: { active: "in force", expired: "ended", "not yet": "begins later" } as Record<string, string>,
  asked: (asked: number, found: number) =>
    `${found} of ${asked} people can.`,
  nobody: "Nobody can.",
  nothing: "Nothing.",
  whoNone: "Enter whom it is about.",
  until: (on: string) => `read in until ${on}`,
  by: (policies: string) => `by ${policies}`,
  kind: "On",
  markingHead: "Marked",
  objects: "How many",
  example: "Such as",
  rule: "By",
  action: "May",
};

/** What a worker does, by the names that rules use, in words. */
export const acts: { value: string; face: string }[] = [
  ...new Set(
    Object.values(operations)
      .filter(({ server }) => server === "WORKER")
      .map(({ action }) => action),
  ),
]
  .map((action) => ({ value: action, face: action.replaceAll("-", " ") }))
  .sort((a, b) => a.face.localeCompare(b.face));

export const words = {
  title: "Signed in",
  heading: "Signed in now",
  count: (open: number, locked: number) =>
    `${open} ${open === 1 ? "session" : "sessions"}${locked > 0 ? `, ${locked} of them locked` : ""}`,
  none: "Nobody else is signed in.",
  locked: "Locked",
  own: "You",
  entry: "at the entry",
  program: (name: string) => `in ${name}`,
  by: (factor: string) => `signed in with ${factor}`,
  escort: (name: string) => `escort ${name}`,
  since: (time: string) => `since ${time}`,
  last: (time: string) => `last used ${time}`,
  end: "End it",
  endTitle: (name: string) => `End the session of ${name}?`,
  endAbout:
    "It is over at once, on every page of it. What was confirmed is kept, and what was typed is kept as a draft. The person may sign in again: to prevent that, suspend the person or the station.",
};

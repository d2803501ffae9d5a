export const words = {
  title: "Tasks",
  next: "Your next job",
  others: "After that",
  start: "Start",
  goOn: "Continue",
  operation: (sequence: number, name: string) => `${sequence} · ${name}`,
  part: (part: string, revision: string) => `${part} rev ${revision}`,
  at: (equipment: string) => `at ${equipment}`,
  due: (date: string) => `due ${date}`,
  states: { ready: "Ready", running: "Running", blocked: "Blocked", held: "Held" },
  nothing: "Nothing to do right now.",
  nothingText: "New jobs appear here by themselves.",
  counts: (ready: number, blocked: number, held: number) =>
    `${ready} ready · ${blocked} blocked · ${held} held`,
  notFound: (code: string) => `No job of yours is for “${code}”.`,
  loading: "One moment …",
};

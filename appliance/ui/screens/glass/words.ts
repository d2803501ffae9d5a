const MINUTE_MS = 60_000;

export const words = {
  emergency: "In an emergency",
  steps: (at: number, of: number) => `Break the glass · ${at} of ${of}`,
  what: "What do you need to do?",
  whatNote: "One action opens, for you alone and for one hour. For a second one the glass is broken again.",
  why: "Why is it needed now?",
  whyNote: "Everybody in the program reads this, and so does the officer who reviews it.",
  before: "Before you break it",
  facts: (program: string) => [
    `Everybody in ${program} sees your name, the action and your reason, on every page.`,
    "A security officer reads what you did with it, and says whether it was justified.",
    "It ends by itself after one hour, and sooner when an officer closes it.",
    "It stands in for a role or a certificate that you lack. Citizenship, clearance, station and every other mandatory rule decide as before.",
  ],
  opens: "It opens",
  because: "Because",
  back: "Back",
  leave: "Leave it closed",
  next: "Go on",
  act: "Break the glass",
  meaning: "I break the glass in an emergency, and answer for what I do behind it",
  wait: "Being opened …",
  open: "It is open",
  openText: "What you do is on record. When it is over, tell your security officer.",
  goOn: "Go to work",

  brokenBy: (count: number) => `${count} have broken the glass.`,
  brokenNow: "Broken glass, open now",
  broke: (name: string) => `${name} broke the glass:`,
  youBroke: "You broke the glass:",
  left: (ms: number) => (ms < MINUTE_MS ? "less than a minute left" : `${Math.ceil(ms / MINUTE_MS)} min left`),
  said: (reason: string) => `“${reason}”`,

  title: "Broken glass",
  none: "The glass was not broken here within the last month.",
  span: (from: string, until: string) => `${from} to ${until}`,
  still: "Open now",
  show: "What was done",
  all: "All broken glass",
  deeds: "What was done behind it",
  deedsNone: "Nothing is on record. Looking at lists, such as the orders, is not recorded.",
  deedsMore: "These are the first 200. The log has all.",
  seen: "opened",
  answered: (said: string) => `The box answered: “${said}”`,
  operation: (name: string) => {
    const text = name.replaceAll("_", " ");
    return text.charAt(0).toUpperCase() + text.slice(1);
  },
  reviewAt: "It is reviewed at the entry, under To do.",
};

export const words = {
  title: "Orders",
  release: "Release",
  releasable: "Accepted",
  part: (part: string, revision: string) => `${part} rev ${revision}`,
  progress: (finished: number, quantity: number) => `${finished} of ${quantity} finished`,
  held: (held: number) => `${held} held`,
  due: (date: string) => `due ${date}`,
  priority: (priority: number) => `priority ${priority}`,
  close: "Close",
  closed: "Closed",
  closeTitle: "Close this order",
  closeAbout: (number: string, finished: number, quantity: number) =>
    `${number}: ${finished} of ${quantity} are finished. The rest is not made any more, and after four weeks the order leaves the weekly summary.`,
  nothing: "There is no order.",
  loading: "One moment …",
};

export const words = {
  title: "Orders",
  release: "Release",
  releasable: "Accepted",
  part: (part: string, revision: string) => `${part} rev ${revision}`,
  progress: (finished: number, quantity: number) => `${finished} of ${quantity} finished`,
  held: (held: number) => `${held} held`,
  due: (date: string) => `due ${date}`,
  priority: (priority: number) => `priority ${priority}`,
  nothing: "There is no order.",
  loading: "One moment …",
};

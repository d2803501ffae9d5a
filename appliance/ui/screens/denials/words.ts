export const words = {
  title: "Denials",
  refused: "Refused",
  heading: "What was refused",
  none: "Nothing was refused.",
  newest: (count: number) => `The newest ${count}, since the worker was last started. The journal has all.`,
  denied: (person: string, operation: string) => `${person}: ${operation}`,
  onObject: (object: string) => `on ${object}`,
};

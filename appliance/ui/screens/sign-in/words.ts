export const words = {
  title: "Casemate",
  choose: (name: string) => `${name}, where do you work now?`,
  none: "No program is open to you at this station.",
  noneTodo: "Ask your program's security officer about your read-in.",
  other: "Sign in as somebody else",
  lost: "The station did not answer. You are not signed in. Scan your badge again.",
};

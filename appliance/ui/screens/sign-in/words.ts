export const words = {
  title: "Casemate",
  choose: (name: string) => `${name}, where do you work now?`,
  none: "No program is open to you at this station.",
  noneTodo: "Ask your program's security officer about your read-in.",
  other: "Sign in as somebody else",
  ownKey: "My PIN or key",
  ownKeyHint: "Sign in; then you change your PIN, or register a security key.",
  ownKeyNot: "Not now",
  escort: "You are a visitor. Now your escort scans a badge and enters a PIN.",
  lost: "The station did not answer. You are not signed in. Scan your badge again.",
  untouched: {
    error: "The key did not answer.",
    field: "",
    kept: "You are not signed in.",
    todo: "Plug it in and touch it when it blinks, or use your PIN.",
  },
};

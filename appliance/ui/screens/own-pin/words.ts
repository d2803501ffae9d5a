export const words = {
  change: "Change my PIN",
  first: "Somebody else chose the PIN that you have. Choose one that only you know.",
  present: "The PIN that you have",
  new: "Your new PIN",
  again: "The new PIN once more",
  rule: "Six digits or more, at least three different ones; no run such as 123456, no repetition such as 123123.",
  againNote: "So that you know what you typed.",
  wait: "One moment …",
  back: "Leave it",
  notNow: "Not now",
  differ: {
    error: "The two were not the same.",
    field: "",
    kept: "Your PIN is as it was.",
    todo: "Choose it again.",
  },
  lost: {
    error: "The station did not answer.",
    field: "",
    kept: "",
    todo: "Try the new PIN when you sign in; where it does not fit, the old one does.",
  },
};

export const words = {
  product: "Casemate",
  title: "Badge in at the entry page",
  text: "This page opens for people who come from there. A reload closes it again.",
  button: "Go to the entry page",
  waiting: "One moment …",
};

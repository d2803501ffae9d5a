export const words = {
  title: "Programs",
  heading: (name: string) => `${name}, where do you work now?`,
  none: "No program is open to you at this station. The officers’ pages are.",
};

import { glassWords } from "glass";

/** What it opens, as one says it: "See the orders". */
export function opens(action: string): string {
  return glassWords[action] ?? action;
}

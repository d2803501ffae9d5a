/* Decimals are text; they are compared as whole millionths and never become floats. */

const SHAPE = /^(-?)(\d{1,9})(?:[.,](\d{1,6}))?$/;

/** The value in millionths; null when the text is no decimal of at most six places. */
export function millionths(text: string): bigint | null {
  const found = SHAPE.exec(text.trim());
  if (found === null) return null;
  const [, sign, whole, part] = found;
  const size = BigInt((whole ?? "") + (part ?? "").padEnd(6, "0"));
  return sign === "-" ? -size : size;
}

/** The text as the box reads it; null when it is no decimal. */
export function canonical(text: string): string | null {
  return millionths(text) === null ? null : text.trim().replace(",", ".");
}

export type Verdict = "within" | "above" | "below";

export function judge(value: string, lower: string, upper: string): Verdict | null {
  const measured = millionths(value);
  if (measured === null) return null;
  const low = millionths(lower);
  const high = millionths(upper);
  if (low !== null && measured < low) return "below";
  if (high !== null && measured > high) return "above";
  return "within";
}

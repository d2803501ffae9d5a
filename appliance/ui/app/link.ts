import { Shown } from "./shown";

/** How the station's link to the box is: the last round trip, or since when it is lost. */
export type Link = { up: true; milliseconds: number } | { up: false; since: number };

export const link = new Shown<Link | null>(null);

export function linkAnswered(milliseconds: number): void {
  link.set({ up: true, milliseconds: Math.max(1, Math.round(milliseconds)) });
}

export function linkLost(): void {
  const now = link.value;
  if (now === null || now.up) link.set({ up: false, since: performance.now() });
}

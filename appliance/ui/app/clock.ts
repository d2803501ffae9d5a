/** The box's time: what it said at sign-in, carried on by this station's monotonic clock. */
export class Clock {
  private readonly said: number;
  private readonly heard: number;

  constructor(now: string) {
    const said = Date.parse(now);
    this.said = Number.isNaN(said) ? Date.now() : said;
    this.heard = performance.now();
  }

  now(): number {
    return Math.floor(this.said + (performance.now() - this.heard));
  }

  /** A UUIDv7 of this moment. */
  id(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let rest = this.now();
    for (let i = 5; i >= 0; i--) {
      bytes[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    const hex = hexOf(bytes);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export const DAY_MS = 86_400_000;

/** The ISO 8601 week that holds ${moment}, as "2026-W27". */
export function isoWeek(moment: number): string {
  const day = new Date(moment);
  const weekday = (day.getUTCDay() + 6) % 7;
  const thursday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() - weekday + 3));
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - newYear) / DAY_MS / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}

/** The last ${count} weeks that are over, the newest first. */
export function closedWeeks(moment: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => isoWeek(moment - (i + 1) * 7 * DAY_MS));
}

/** "12 Jul 14:05 UTC"; "" for no time. */
export function moment(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return "";
  const [, date, month, , time] = /^\w+, (\d+) (\w+) (\d+) (\d+:\d+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${Number(date)} ${month} ${time} UTC`;
}

/** "12 Mar 2027"; "" for no time. */
export function day(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return "";
  const [, date, month, year] = /^\w+, (\d+) (\w+) (\d+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${Number(date)} ${month} ${year}`;
}

/** "12 Mar 2027, 14:05 UTC"; "" for no time. */
export function dayAndTime(text: string): string {
  const time = moment(text).split(" ").slice(2).join(" ");
  return time === "" ? "" : `${day(text)}, ${time}`;
}

/** ${at} as the value of a field for days, "2027-03-12". */
export function dayField(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** "12 Jul"; "" for no time. */
export function date(text: string): string {
  return moment(text).split(" ").slice(0, 2).join(" ");
}

/*
 * What one page hands to the next in the fragment, which is never sent.  To an enclave:
 * the one-time code and the badge it was made for.  To the entry: the badge that was
 * scanned on a work screen, and the program to go back to.  To an officer's second window: the
 * page to begin with.
 */
export interface Handed {
  code: string;
  badge: string;
  program: string;
  page: string;
}

const BADGE = /^[A-Za-z0-9._:/+-]{1,32}$/;
const PROGRAM = /^[a-z0-9]{8}$/;
const PAGE = /^(glass|policy)$/;
const CODE = /^[0-9a-f]{16,64}$/;

export function handedIn(fragment: string): Handed {
  const parts = new URLSearchParams(fragment);
  const part = (name: string, form: RegExp) => {
    const text = parts.get(name) ?? "";
    return form.test(text) ? text : "";
  };
  return {
    code: part("code", CODE),
    badge: part("badge", BADGE),
    program: part("program", PROGRAM),
    page: part("page", PAGE),
  };
}

export function handedOn(parts: Partial<Handed>): string {
  return "#" + new URLSearchParams(parts).toString();
}

/** Is ${text} written as the badge ${own} is: the same letters, a digit for each digit? */
export function isLikeBadge(text: string, own: string): boolean {
  if (text.length !== own.length || own === "") return false;
  const isDigit = (c: string) => c >= "0" && c <= "9";
  return Array.from(own).every((c, i) => (isDigit(c) ? isDigit(text.charAt(i)) : c === text.charAt(i)));
}

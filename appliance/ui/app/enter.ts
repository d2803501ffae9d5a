import type { Answers, Outcome } from "./api";
import { handedOn, type Handed } from "./handed";
import type { Session } from "./session";

async function addressOf(
  session: Session,
  enclave: string,
  more: Partial<Handed>,
  go: (address: string) => void,
): Promise<Outcome<Answers["handed_off"]>> {
  const outcome = await session.enter(enclave);
  if (outcome.kind === "answer") {
    const { code, port } = outcome.answer;
    const fragment = handedOn({ code, badge: session.badge, ...more });
    go(`${location.protocol}//${location.hostname}:${port}/${fragment}`);
  }
  return outcome;
}

/** On to an enclave's own origin, with a one-time code; behind an answer this page is gone. */
export function enterAt(session: Session, enclave: string): Promise<Outcome<Answers["handed_off"]>> {
  return addressOf(session, enclave, {}, (address) => location.replace(address));
}

/** The same in a second window, which begins with ${page}; this one stays. */
export function enterBeside(
  session: Session,
  enclave: string,
  page: string,
): Promise<Outcome<Answers["handed_off"]>> {
  return addressOf(session, enclave, { page }, (address) => void window.open(address, "_blank", "noopener"));
}

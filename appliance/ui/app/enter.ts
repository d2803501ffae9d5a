import type { Answers, Outcome } from "./api";
import { handedOn } from "./handed";
import type { Session } from "./session";

/** On to an enclave's own origin, with a one-time code; behind an answer this page is gone. */
export async function enterAt(session: Session, enclave: string): Promise<Outcome<Answers["handed_off"]>> {
  const outcome = await session.enter(enclave);
  if (outcome.kind === "answer") {
    const { code, port } = outcome.answer;
    const fragment = handedOn({ code, badge: session.badge });
    location.replace(`${location.protocol}//${location.hostname}:${port}/${fragment}`);
  }
  return outcome;
}

import { operations } from "types";
import { post, settled, type Answers, type Outcome } from "./api";

/*
 * A PIV card: the entry's other listener asks the browser for the card's certificate in the
 * handshake, and its PIN with it.  The challenge ties that handshake to this station.
 */
async function shown(port: number, challenge: string): Promise<Outcome<Answers["done"]>> {
  const address = new URL(operations.sign_in_piv.path, location.origin);
  address.port = String(port);
  /* As a plain form would ask: a browser shows no certificate when it asks beforehand. */
  return settled(address.href, {
    method: "POST",
    mode: "cors",
    credentials: "include",
    headers: { "Content-Type": "text/plain" },
    body: JSON.stringify({ challenge }),
  });
}

/** A challenge for which this station's card was shown, or why there is none. */
export async function cardShown(port: number): Promise<Outcome<string>> {
  const made = await post("card_challenge", "{}", null, null);
  if (made.kind !== "answer") return made;
  const { challenge } = made.answer;
  const outcome = await shown(port, challenge);
  return outcome.kind === "answer" ? { kind: "answer", answer: challenge } : outcome;
}

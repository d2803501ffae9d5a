import { useState } from "preact/hooks";
import type { Session } from "../../app/session";
import { Inbound } from "./inbound";
import { Outbound } from "./outbound";
import { words } from "./words";

/** What comes in and what goes out; both need two people. */
export function Transfer({ session }: { session: Session }) {
  const [side, setSide] = useState<"in" | "out">("out");
  return (
    <section class="transfer">
      <nav class="sides">
        <button
          type="button"
          class="tab"
          aria-current={side === "in" ? "page" : undefined}
          onClick={() => setSide("in")}
        >
          {words.inbound}
        </button>
        <button
          type="button"
          class="tab"
          aria-current={side === "out" ? "page" : undefined}
          onClick={() => setSide("out")}
        >
          {words.outbound}
        </button>
      </nav>
      {side === "in" ? <Inbound session={session} /> : <Outbound session={session} />}
    </section>
  );
}

import { useState } from "preact/hooks";
import type { Session } from "../../app/session";
import { WhatCan, WhoCan } from "./can";
import { Why } from "./why";
import { words } from "./words";

type Kind = keyof typeof words.kinds;
const KINDS: Kind[] = ["why", "who", "what"];

/** The officer's three questions to the rules. */
export function Asking({ session }: { session: Session }) {
  const [kind, setKind] = useState<Kind>("why");
  return (
    <section class="desk">
      <nav class="sides no-print">
        {KINDS.map((one) => (
          <button
            key={one}
            type="button"
            class="tab"
            aria-current={one === kind ? "page" : undefined}
            onClick={() => setKind(one)}
          >
            {words.kinds[one]}
          </button>
        ))}
      </nav>
      <h1>{words.headings[kind]}</h1>
      {kind === "why" && <Why session={session} />}
      {kind === "who" && <WhoCan session={session} />}
      {kind === "what" && <WhatCan session={session} />}
    </section>
  );
}

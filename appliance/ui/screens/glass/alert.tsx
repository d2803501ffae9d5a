import { useEffect, useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { opens } from "../../parts/glass-words";
import { Mark } from "../../parts/mark";
import { words } from "./words";

const EVERY_MS = 5_000;

/** Who has the glass open, on every page of the program: for what, how long still, and why. */
export function Alert({ session, glass }: { session: Session; glass: Answers["open_glass"][] }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((n) => n + 1), EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  const now = session.clock.now();
  const open = glass
    .map((one) => ({ ...one, left: Date.parse(one.until) - now }))
    .filter((one) => one.left > 0)
    .sort((a, b) => a.left - b.left);
  if (open.length === 0) return null;
  return (
    <div class="alert" role="alert">
      {open.map((one) => (
        <p key={one.glass}>
          <Mark shape="blocked" />
          <span class="alert-what">
            {one.person === session.person ? words.youBroke : words.broke(one.name)} <b>{opens(one.action)}</b>{" "}
            <span class="alert-why">{words.said(one.reason)}</span>
          </span>
          <b class="alert-left">{words.left(one.left)}</b>
        </p>
      ))}
    </div>
  );
}

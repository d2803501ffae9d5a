import { useEffect, useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { opens } from "../../parts/glass-words";
import { Mark } from "../../parts/mark";
import { words as shared } from "../../parts/words";
import { words } from "./words";

type Glass = Answers["open_glass"] & { left: number };

const EVERY_MS = 5_000;

/**
 * Who has the glass open, on every page of the program: one line, however many there are and however
 * long they wrote, so that the work below keeps its place; touched, it says all.
 */
export function Alert({ session, glass }: { session: Session; glass: Answers["open_glass"][] }) {
  const [, tick] = useState(0);
  const [all, setAll] = useState(false);
  useEffect(() => {
    const timer = window.setInterval(() => tick((n) => n + 1), EVERY_MS);
    return () => window.clearInterval(timer);
  }, []);
  const now = session.clock.now();
  const open = glass
    .map((one) => ({ ...one, left: Date.parse(one.until) - now }))
    .filter((one) => one.left > 0)
    .sort((a, b) => b.left - a.left);
  const newest = open[0];
  if (newest === undefined) return null;
  return (
    <>
      <div class="alert" role="alert">
        <button type="button" class="alert-line" aria-expanded={all} onClick={() => setAll(!all)}>
          <Mark shape="blocked" />
          <span class="alert-what">
            {open.length > 1 && <b>{words.brokenBy(open.length)} </b>}
            <Said session={session} one={newest} />
          </span>
          <b class="alert-left">{words.left(newest.left)}</b>
        </button>
      </div>
      {all && (
        <section class="over alert-all" role="dialog" aria-label={words.title}>
          <header class="desk-head">
            <h1 class="grow">{words.brokenNow}</h1>
            <button type="button" class="button" onClick={() => setAll(false)}>
              {shared.close}
            </button>
          </header>
          <ul class="rows">
            {open.map((one) => (
              <li key={one.glass} class="row">
                <Mark shape="blocked" />
                <p class="row-what">
                  <Said session={session} one={one} />
                </p>
                <b class="row-side">{words.left(one.left)}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Said({ session, one }: { session: Session; one: Glass }) {
  return (
    <>
      {one.person === session.person ? words.youBroke : words.broke(one.name)} <b>{opens(one.action)}</b>{" "}
      <span class="alert-why">{words.said(one.reason)}</span>
    </>
  );
}

import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { words } from "./words";

type Impact = Answers["impact"];

/* More only when somebody asks for them. */
const FIRST = 40;

/** What a proposal changes: first what it opens, then what it closes. */
export function ImpactReport({ impact }: { impact: Impact }) {
  if (impact.state === "failed") return <p class="notice">{words.impactFailed}</p>;
  if (impact.state !== "done")
    return (
      <div class="notice" role="status">
        <p>{impact.state === "stale" ? words.impactStale : words.impactWait}</p>
        <progress max={Math.max(1, impact.of)} value={impact.decided} />
        <p>{words.impactAt(impact.decided, impact.of)}</p>
      </div>
    );
  return (
    <section class="side" data-impact={impact.digest}>
      <div class="counts">
        <Count count={impact.newly_allowed} what={words.newlyAllowed} />
        <Count count={impact.newly_denied} what={words.newlyDenied} />
        <Count count={impact.newly_erring} what={words.newlyErring} />
      </div>
      <p>{impact.sentence}</p>
      <Samples title={words.allowedTitle} rows={impact.allowed} all={impact.newly_allowed} />
      <Samples title={words.deniedTitle} rows={impact.denied} all={impact.newly_denied} />
      {impact.newly_erring > 0 && (
        <Samples title={words.erringTitle} rows={impact.erring} all={impact.newly_erring} />
      )}
    </section>
  );
}

function Count({ count, what }: { count: number; what: string }) {
  return (
    <p class={count > 0 ? "count-card count-card-warn" : "count-card"}>
      <b>{count}</b> {what}
    </p>
  );
}

function Samples({ title, rows: come, all }: { title: string; rows: Answers["impact_change"][]; all: number }) {
  const [whole, setWhole] = useState(false);
  const rows = whole ? come : come.slice(0, FIRST);
  return (
    <>
      <h3>{title}</h3>
      {all === 0 && <p class="quiet">{words.nothingOf}</p>}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>{words.person}</th>
              <th>{words.action}</th>
              <th>{words.object}</th>
              <th>{words.context}</th>
              <th>{words.before}</th>
              <th>{words.after}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                <td>
                  <b>{row.person}</b>
                </td>
                <td>{row.action}</td>
                <td>{row.object}</td>
                <td>{row.context}</td>
                <td>{row.before}</td>
                <td>{row.after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rows.length < come.length && (
        <div class="desk-head">
          <p class="quiet grow">{words.samples(rows.length, all)}</p>
          <button type="button" class="button" onClick={() => setWhole(true)}>
            {words.showAll(come.length)}
          </button>
        </div>
      )}
      {come.length > 0 && come.length < all && <p class="notice">{words.notAll(come.length, all)}</p>}
    </>
  );
}

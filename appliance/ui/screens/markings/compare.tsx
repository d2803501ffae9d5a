import { compared, type Said } from "./said";
import { words } from "./words";

/** What a new marking changes, part by part; what stays is folded away. */
export function Compare({ now, after }: { now: Said; after: Said }) {
  const rows = compared(now, after);
  const changed = rows.filter((row) => row.text !== row.was);
  const same = rows.filter((row) => row.text === row.was && row.text !== "");
  return (
    <>
      {changed.length === 0 ? (
        <p class="quiet">{words.sameAll}</p>
      ) : (
        <table class="compare" data-changes={changed.length}>
          <thead>
            <tr>
              <th />
              <th>{words.now}</th>
              <th>{words.after}</th>
            </tr>
          </thead>
          <tbody>
            {changed.map((row) => (
              <tr key={row.label}>
                <td>{row.label}</td>
                <td>{row.was === "" ? <span class="quiet">{words.nothing}</span> : row.was}</td>
                <td>
                  <b>{row.text === "" ? words.nothing : row.text}</b>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {same.length > 0 && (
        <details class="fold">
          <summary>{words.same}</summary>
          <dl class="facts-list">
            {same.map((row) => (
              <div key={row.label} class="facts-pair">
                <dt>{row.label}</dt>
                <dd>{row.text}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

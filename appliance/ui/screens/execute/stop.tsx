import { Mark } from "../../parts/mark";
import { GO_NO_GO, type Characteristic } from "./steps";
import { words } from "./words";

export interface Stopped {
  text: string;
  characteristic: Characteristic | null;
  value: string;
}

/** A reading was out of limit: calm, complete, and what to do with the unit. */
export function Stop({ stopped, leave }: { stopped: Stopped; leave(): void }) {
  const { characteristic: c, value, text } = stopped;
  return (
    <section class="stop" role="alert">
      <h1>
        <Mark shape="held" /> {words.stopTitle}
      </h1>
      {c !== null && (
        <dl class="stop-facts">
          <div>
            <dt>
              {words.stopMeasured} {c.balloon} {c.name}
            </dt>
            <dd>
              {c.unit === GO_NO_GO ? words.noGo : `${value} ${c.unit}`}
            </dd>
          </div>
          <div>
            <dt>{words.stopLimit}</dt>
            <dd>{c.unit === GO_NO_GO ? words.go : words.range(c.lower, c.upper, c.unit)}</dd>
          </div>
        </dl>
      )}
      <p class="stop-text">{text}</p>
      <button type="button" class="button button-main" onClick={leave}>
        {words.stopButton}
      </button>
    </section>
  );
}

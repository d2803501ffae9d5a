import { useState } from "preact/hooks";
import type { Answers } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import { dayAndTime, moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { opens } from "../../parts/glass-words";
import { Waiting } from "../../parts/heard";
import { Mark } from "../../parts/mark";
import { words } from "./words";

type Glass = Answers["open_glass"];

/** In the program: what was broken within a month, and from the log what was done behind it. */
export function Used({ session }: { session: Session }) {
  const asked = useAsked(session, "get_glass_used", {}, OPEN_MS);
  const [chosen, setChosen] = useState<Glass | null>(null);
  const list = asked.answer?.glasses ?? [];

  if (chosen !== null) return <One session={session} glass={chosen} leave={() => setChosen(null)} />;
  return (
    <section class="desk">
      <h1>{words.title}</h1>
      <Waiting asked={asked} />
      {asked.answer !== null && list.length === 0 && <p class="quiet">{words.none}</p>}
      <ul class="rows">
        {list.map((glass) => (
          <li key={glass.glass}>
            <button type="button" class="row" data-glass={glass.glass} onClick={() => setChosen(glass)}>
              <Mark shape="blocked" />
              <span class="row-what">
                <span class="row-title">
                  <b>{glass.name}</b>: {opens(glass.action)}
                </span>
                <br />
                <span class="row-reason">{words.said(glass.reason)}</span>
                <br />
                <span class="row-reason quiet">{words.span(dayAndTime(glass.broken), moment(glass.until))}</span>
              </span>
              <span class="row-side">{words.show}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({ session, glass, leave }: { session: Session; glass: Glass; leave(): void }) {
  const asked = useAsked(session, "get_glass_used", { glass: glass.glass }, OPEN_MS);
  const deeds = asked.answer?.deeds ?? [];
  return (
    <section class="desk" data-used={glass.glass}>
      <button type="button" class="button" onClick={leave}>
        {words.all}
      </button>
      <h1>
        {glass.name}: {opens(glass.action)}
      </h1>
      <p class="sentence">{words.said(glass.reason)}</p>
      <p>{words.span(dayAndTime(glass.broken), dayAndTime(glass.until))}</p>
      <h2>{words.deeds}</h2>
      <Waiting asked={asked} />
      {asked.answer !== null && deeds.length === 0 && <p class="quiet">{words.deedsNone}</p>}
      <ul class="rows">
        {deeds.map((deed, i) => (
          <li key={i} class="row">
            <Mark shape="here" />
            <div class="row-what">
              <p class="row-title">
                <b>{words.operation(deed.operation)}</b> {deed.object}
              </p>
              {deed.said !== "" && <p class="row-reason quiet">{words.answered(deed.said)}</p>}
            </div>
            <p class="row-side">{moment(deed.at)}</p>
          </li>
        ))}
      </ul>
      {asked.answer?.more === true && <p class="notice">{words.deedsMore}</p>}
      <p class="quiet">{words.reviewAt}</p>
    </section>
  );
}

import type { Answers } from "../../app/api";
import { entryAddress } from "../../app/app";
import { words } from "./words";

/** What every enclave shows to everybody who holds no valid token: the same page. */
export function Closed({ station, waiting }: { station: Answers["station"] | null; waiting: boolean }) {
  if (waiting || station === null) return <p class="centre quiet">{words.waiting}</p>;
  return (
    <section class="centre closed">
      <h1>{words.title}</h1>
      <p>{words.text}</p>
      <a class="button button-main" href={entryAddress(station)}>
        {words.button}
      </a>
    </section>
  );
}

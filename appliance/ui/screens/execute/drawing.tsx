import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import { OPEN_MS } from "../../app/asked";
import { LOCKED, type Session } from "../../app/session";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words as shared } from "../../parts/words";
import type { Job } from "./steps";
import { words } from "./words";

interface Props {
  session: Session;
  job: Job;
  legend: string;
  close(): void;
}

/**
 * The operation's document, as a picture, part by part: each is asked for by itself, and when one is
 * refused none is shown.  While it is open its first part is asked for again and again.  Its bytes are
 * forgotten when it is closed or refused.
 */
export function Drawing({ session, job, legend, close }: Props) {
  const [picture, setPicture] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);
  const [large, setLarge] = useState(false);
  const [turn, setTurn] = useState(0);
  const [come, setCome] = useState(0);

  useEffect(() => {
    let url = "";
    let stopped = false;
    let timer = 0;
    const forget = () => {
      if (url !== "") URL.revokeObjectURL(url);
      url = "";
    };
    const stay = async () => {
      const outcome = await session.part(job.document, 1);
      if (stopped) return;
      if (outcome.kind !== "refused" || outcome.status === LOCKED) {
        timer = window.setTimeout(() => void stay(), OPEN_MS);
        return;
      }
      forget();
      setPicture("");
      setProblem(outcome.problem);
    };
    const look = async () => {
      const parts: Blob[] = [];
      while (parts.length < job.document_parts) {
        setCome(parts.length);
        const outcome = await session.part(job.document, parts.length + 1);
        if (stopped) return;
        setLost(outcome.kind === "lost");
        if (outcome.kind === "refused") setProblem(outcome.problem);
        if (outcome.kind !== "answer") return;
        parts.push(outcome.answer);
      }
      url = URL.createObjectURL(new Blob(parts, { type: "image/svg+xml" }));
      setPicture(url);
      timer = window.setTimeout(() => void stay(), OPEN_MS);
    };
    void look();
    return () => {
      stopped = true;
      window.clearTimeout(timer);
      forget();
    };
  }, [session, job.document, job.document_parts, turn]);

  return (
    <section class="over drawing" role="dialog" aria-label={job.document_title}>
      <header class="drawing-head">
        <h2>{words.drawingTitle(job.document_title)}</h2>
        {picture !== "" && (
          <button type="button" class="button" onClick={() => setLarge(!large)}>
            {large ? words.drawingFit : words.drawingLarge}
          </button>
        )}
        <button type="button" class="button" onClick={close}>
          {shared.close}
        </button>
      </header>
      <div class={large ? "drawing-sheet drawing-large" : "drawing-sheet"}>
        {picture !== "" && <img src={picture} alt={job.document_title} />}
        {problem !== null && <Refusal problem={problem} />}
        {lost && <NoAnswer again={() => setTurn(turn + 1)} />}
        {picture === "" && problem === null && !lost && (
          <p class="quiet">{come === 0 ? words.loading : words.drawingPart(come, job.document_parts)}</p>
        )}
      </div>
      {legend !== "" && <p class="drawing-legend">{legend}</p>}
    </section>
  );
}

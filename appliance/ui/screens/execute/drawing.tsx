import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../app/api";
import type { Session } from "../../app/session";
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

/** The operation's document, as a picture; its bytes are forgotten when it is closed. */
export function Drawing({ session, job, legend, close }: Props) {
  const [picture, setPicture] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);
  const [large, setLarge] = useState(false);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    let url = "";
    let stopped = false;
    const look = async () => {
      const outcome = await session.document(job.document);
      if (stopped) return;
      setLost(outcome.kind === "lost");
      if (outcome.kind === "refused") setProblem(outcome.problem);
      if (outcome.kind !== "answer") return;
      url = URL.createObjectURL(new Blob([outcome.answer], { type: "image/svg+xml" }));
      setPicture(url);
    };
    void look();
    return () => {
      stopped = true;
      if (url !== "") URL.revokeObjectURL(url);
    };
  }, [session, job.document, turn]);

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
        {picture === "" && problem === null && !lost && <p class="quiet">{words.loading}</p>}
      </div>
      {legend !== "" && <p class="drawing-legend">{legend}</p>}
    </section>
  );
}

import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import { moment } from "../../app/clock";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { Digest } from "./digest";
import { words } from "./words";

type Delivery = Answers["inbound"];

/** Deliveries in staging: what each would change, and the acceptance of two people. */
export function Inbound({ session }: { session: Session }) {
  const asked = useAsked(session, "get_inbound", {}, OPEN_MS);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const [declining, setDeclining] = useState<Delivery | null>(null);

  const accept = async (delivery: Delivery) => {
    setProblem(null);
    setSaid("");
    const outcome = await session.sendSigned(
      "accept_inbound",
      { inbound: delivery.inbound, digest: delivery.digest },
      words.acceptMeaning,
      words.acceptAbout(delivery.sequence),
    );
    if (outcome?.kind === "refused") setProblem(outcome.problem);
    if (outcome?.kind === "answer") setSaid(outcome.answer.text);
    asked.again();
  };

  const decline = async (delivery: Delivery, reason: string) => {
    setProblem(null);
    setSaid("");
    const outcome = await session.send("decline_inbound", { inbound: delivery.inbound, reason });
    setDeclining(null);
    if (outcome.kind === "refused") setProblem(outcome.problem);
    else setSaid(outcome.answer.text);
    asked.again();
  };

  const list = asked.answer?.inbound ?? [];
  return (
    <div class="side">
      {problem !== null && <Refusal problem={problem} />}
      {asked.problem !== null && <Refusal problem={asked.problem} />}
      {asked.answer === null && asked.lost && <NoAnswer again={asked.again} />}
      {said !== "" && (
        <p class="said" role="status">
          <Mark shape="pass" /> {said}
        </p>
      )}
      {asked.answer !== null && list.length === 0 && <p class="centre quiet">{words.inboundNone}</p>}
      {list.map((delivery) => (
        <Card
          key={delivery.inbound}
          delivery={delivery}
          accept={() => void accept(delivery)}
          decline={() => setDeclining(delivery)}
        />
      ))}
      {declining !== null && (
        <ReasonPanel
          title={words.declineTitle}
          about={words.declineAbout(declining.sequence)}
          act={words.decline}
          busy={false}
          give={(reason) => void decline(declining, reason)}
          cancel={() => setDeclining(null)}
        />
      )}
    </div>
  );
}

interface CardOf {
  delivery: Delivery;
  accept(): void;
  decline(): void;
}

function Card({ delivery, accept, decline }: CardOf) {
  const open = delivery.state === "staged" || delivery.state === "accepted-once";
  return (
    <article class="sheet" data-inbound={delivery.sequence}>
      <header class="sheet-head">
        <h2>{words.inboundTitle(delivery.sequence)}</h2>
        <span class="state">{words.inboundStates[delivery.state] ?? delivery.state}</span>
        <span class="quiet">{moment(delivery.received)}</span>
      </header>
      {delivery.reason !== "" && <p>{delivery.reason}</p>}
      {delivery.accepted_by !== "" && <p>{words.inboundAcceptedBy(delivery.accepted_by)}</p>}
      <h3>{words.inboundLines}</h3>
      <table>
        <thead>
          <tr>
            <th>{words.order}</th>
            <th>{words.part}</th>
            <th>{words.quantity}</th>
            <th>{words.due}</th>
            <th>{words.difference}</th>
          </tr>
        </thead>
        <tbody>
          {delivery.orders.map((line) => (
            <tr key={line.number}>
              <td>
                <b>{line.number}</b>
              </td>
              <td>
                {line.part} rev {line.revision}
              </td>
              <td class="count">{line.quantity}</td>
              <td>{line.due}</td>
              <td>{line.difference}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{words.inboundDigest}</h3>
      <Digest hex={delivery.digest} />
      {open && (
        <div class="reason-acts">
          <button type="button" class="button" onClick={decline}>
            {words.decline}
          </button>
          <button type="button" class="button button-main" onClick={accept}>
            {words.accept}
          </button>
        </div>
      )}
    </article>
  );
}

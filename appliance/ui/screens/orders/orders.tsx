import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { OPEN_MS, useAsked } from "../../app/asked";
import { date } from "../../app/clock";
import type { Session } from "../../app/session";
import { Mark } from "../../parts/mark";
import { ReasonPanel } from "../../parts/reason";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { words } from "./words";

/** The orders of this program; an accepted one can be released to the floor. */
export function Orders({ session }: { session: Session }) {
  const orders = useAsked(session, "get_orders", {}, OPEN_MS);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const [closing, setClosing] = useState<Answers["order"] | null>(null);

  const close = async (order: string, reason: string) => {
    setBusy(true);
    setProblem(null);
    setSaid("");
    const outcome = await session.send("close_order", { order, reason });
    setBusy(false);
    setClosing(null);
    if (outcome.kind === "answer") setSaid(outcome.answer.text);
    else setProblem(outcome.problem);
    orders.again();
  };

  const release = async (order: string) => {
    setBusy(true);
    setProblem(null);
    setSaid("");
    const outcome = await session.send("release_order", { order });
    setBusy(false);
    if (outcome.kind === "answer") setSaid(outcome.answer.text);
    else setProblem(outcome.problem);
    orders.again();
  };

  const list = orders.answer?.orders ?? [];
  return (
    <section class="tasks">
      {problem !== null && <Refusal problem={problem} />}
      {orders.problem !== null && <Refusal problem={orders.problem} />}
      {orders.answer === null && orders.lost && <NoAnswer again={orders.again} />}
      {said !== "" && orders.answer !== null && (
        <p class="said" role="status">
          <Mark shape="pass" /> {said}
        </p>
      )}
      {orders.answer === null && orders.problem === null && !orders.lost && (
        <p class="centre quiet">{words.loading}</p>
      )}
      {orders.answer !== null && list.length === 0 && <p class="centre quiet">{words.nothing}</p>}
      <ul class="rows">
        {list.map((order) => (
          <Row
            key={order.order}
            order={order}
            busy={busy}
            release={() => void release(order.order)}
            close={() => setClosing(order)}
          />
        ))}
      </ul>
      {closing !== null && orders.answer !== null && (
        <ReasonPanel
          title={words.closeTitle}
          about={words.closeAbout(closing.number, closing.finished, closing.quantity)}
          act={words.close}
          busy={busy}
          give={(reason) => void close(closing.order, reason)}
          cancel={() => setClosing(null)}
        />
      )}
    </section>
  );
}

interface RowOf {
  order: Answers["order"];
  busy: boolean;
  release(): void;
  close(): void;
}

function Row({ order, busy, release, close }: RowOf) {
  return (
    <li class="row order" data-order={order.number}>
      <div class="row-what">
        <p class="row-title">
          <b class="serial-small">{order.number}</b> {words.part(order.part, order.revision)}
        </p>
        <p class="row-reason">
          <span class="state">{order.state}</span> {words.progress(order.finished, order.quantity)}
          {order.held > 0 && <b> · {words.held(order.held)}</b>}
        </p>
      </div>
      <div class="bar" aria-hidden="true">
        <span style={{ width: `${order.quantity > 0 ? (100 * order.finished) / order.quantity : 0}%` }} />
      </div>
      <p class="row-side">
        {words.due(date(order.due))}
        <br />
        {words.priority(order.priority)}
      </p>
      {order.state === words.releasable && (
        <button type="button" class="button" disabled={busy} onClick={release}>
          {words.release}
        </button>
      )}
      {order.state !== words.closed && (
        <button type="button" class="button" disabled={busy} onClick={close}>
          {words.close}
        </button>
      )}
    </li>
  );
}

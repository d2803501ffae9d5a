import { useState } from "preact/hooks";
import type { Act } from "../../app/act";
import type { Answers } from "../../app/api";
import { dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard } from "../../parts/heard";
import { ReasonPanel } from "../../parts/reason";
import { Compare } from "./compare";
import { lineOf, nameOf, othersChanged, type Said } from "./said";
import { words } from "./words";

interface Props {
  session: Session;
  act: Act;
  change: Answers["marking"];
  /** How it is marked now. */
  now: Said;
  leave(): void;
}

/** A marking that opens something: what, against what, and another person's word on it. */
export function Change({ session, act, change, now, leave }: Props) {
  const [declining, setDeclining] = useState(false);
  const name = nameOf(change);
  const mine = change.proposed_by === session.name;
  const overtaken = change.state === "overtaken";

  const approve = async () => {
    const what = words.approveWhat(name, lineOf(now), lineOf(change));
    const signed = () =>
      session.sendSigned("approve_marking", { proposal: change.proposal }, words.approveMeaning, what);
    if (await act.run(signed)) leave();
  };
  const decline = async (reason: string) => {
    const done = await act.run(() => session.send("decline_marking", { proposal: change.proposal, reason }));
    setDeclining(false);
    if (done) leave();
  };
  return (
    <section class="desk" data-marking={change.state}>
      <button type="button" class="button" onClick={leave}>
        {words.back}
      </button>
      <div>
        <h1>{name}</h1>
        <p class="quiet">{words.by(change.proposed_by, dayAndTime(change.proposed))}</p>
      </div>
      <p class="sentence sentence-no">{words.opens(change.opens, words.more(othersChanged(now, change)))}</p>
      <Compare now={now} after={change} />
      <Heard act={act} />
      {mine ? (
        <p class="notice">{words.yours}</p>
      ) : (
        <>
          {overtaken && <p class="notice">{words.overtaken}</p>}
          <div class="reason-acts">
            <button type="button" class="button" disabled={act.busy} onClick={() => setDeclining(true)}>
              {words.decline}
            </button>
            {!overtaken && (
              <button type="button" class="button button-main" disabled={act.busy} onClick={() => void approve()}>
                {words.approve}
              </button>
            )}
          </div>
        </>
      )}
      {declining && (
        <ReasonPanel
          title={words.declineTitle(name)}
          about={words.declineAbout}
          act={words.decline}
          busy={act.busy}
          give={(reason) => void decline(reason)}
          cancel={() => setDeclining(false)}
        />
      )}
    </section>
  );
}

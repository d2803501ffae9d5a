import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { ReasonPanel } from "../../parts/reason";
import { Digest } from "../transfer/digest";
import { ImpactReport } from "./impact";
import { Changes, Listing, rulesOf } from "./listing";
import { SetState } from "./state";
import { words } from "./words";

type Set_ = Answers["policy_set"];

const EVERY_MS = 1_000;
/* The role whose second officer installs; the box decides it again by its policy. */
const SITE = "site";
const INSTALLER = "security-officer";

interface Props {
  session: Session;
  set: Set_;
  leave(): void;
  changed(): void;
}

/** One set: its rules; of a proposal first what it changes and what is new, then the second officer's decision. */
export function PolicySet({ session, set, leave, changed }: Props) {
  const asked = useAsked(session, "get_policy", { proposal: set.proposal }, 0);
  const open = set.state === "proposed";
  return (
    <section class="desk" data-set={set.state}>
      <button type="button" class="button" onClick={leave}>
        {words.back}
      </button>
      <h1>
        {words.layers[set.layer] ?? set.layer}, {words.version(set.version)}
      </h1>
      <p>{set.reason}</p>
      <SetState set={set} />
      <Waiting asked={asked} />
      {open ? (
        <Proposal session={session} set={set} answer={asked.answer} changed={changed} />
      ) : (
        asked.answer !== null && <SetText set={set} answer={asked.answer} />
      )}
    </section>
  );
}

interface TextOf {
  set: Set_;
  answer: Answers["policy"];
  /** The decision, below what is new. */
  children?: ComponentChildren;
}

/** The rules, the tests and the digest of a set; of a proposal first what is new in it. */
export function SetText({ set, answer, children }: TextOf) {
  const open = set.state === "proposed";
  return (
    <>
      {open && <h2>{words.changes}</h2>}
      {open && <Changes text={answer.text} inForce={answer.in_force} />}
      {children}
      <details class="fold" open={!open}>
        <summary>{words.text}</summary>
        <div class="side">
          <Listing rules={rulesOf(answer.text)} />
        </div>
      </details>
      <details class="fold">
        <summary>{words.testsTitle}</summary>
        <pre class="listing">{answer.tests === "" ? words.testsNone : answer.tests}</pre>
      </details>
      <details class="fold">
        <summary>{words.hash}</summary>
        <Digest hex={set.hash} />
      </details>
    </>
  );
}

interface ProposalOf {
  session: Session;
  set: Set_;
  answer: Answers["policy"] | null;
  changed(): void;
}

function Proposal({ session, set, answer, changed }: ProposalOf) {
  const asked = useAsked(session, "get_impact", { proposal: set.proposal }, EVERY_MS);
  const act = useAct();
  const [declining, setDeclining] = useState(false);
  const impact = asked.answer;
  const mine = set.proposed_by === session.name;
  const able = !mine && set.layer !== SITE && session.roles.has(INSTALLER);
  const layer = words.layers[set.layer] ?? set.layer;

  const install = async (shown: Answers["impact"]) => {
    const done = await act.run(() =>
      session.sendSigned(
        "install_policy",
        { proposal: set.proposal, hash: set.hash, impact: shown.digest },
        words.installMeaning,
        words.installWhat(layer, set.version, shown.newly_allowed, shown.newly_denied),
      ),
    );
    if (done) changed();
  };
  const decline = async (reason: string) => {
    const done = await act.run(() => session.send("decline_policy", { proposal: set.proposal, reason }));
    setDeclining(false);
    if (done) changed();
  };
  return (
    <>
      <h2>{words.impact}</h2>
      <Waiting asked={asked} />
      {impact !== null && <ImpactReport impact={impact} />}
      {answer !== null && (
        <SetText set={set} answer={answer}>
          <Heard act={act} />
          {set.layer === SITE ? (
            <p class="notice">{words.atEntry}</p>
          ) : (
            mine && <p class="notice">{words.yours}</p>
          )}
          <div class="reason-acts">
            <button type="button" class="button" disabled={act.busy} onClick={() => setDeclining(true)}>
              {words.decline}
            </button>
            {able && (
              <button
                type="button"
                class="button button-main"
                disabled={act.busy || impact === null || impact.state !== "done"}
                onClick={() => impact !== null && void install(impact)}
              >
                {words.install}
              </button>
            )}
          </div>
        </SetText>
      )}
      {declining && (
        <ReasonPanel
          title={words.declineTitle}
          about={words.declineAbout}
          act={words.decline}
          busy={act.busy}
          give={(reason) => void decline(reason)}
          cancel={() => setDeclining(false)}
        />
      )}
    </>
  );
}

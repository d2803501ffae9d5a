import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers, Problem } from "../../app/api";
import { useAsked } from "../../app/asked";
import { enterBeside } from "../../app/enter";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { ReasonPanel } from "../../parts/reason";
import { Refusal } from "../../parts/refusal";
import { Propose } from "../policy/propose";
import { SetText } from "../policy/set";
import { Sets } from "../policy/sets";
import { SetState } from "../policy/state";
import { words as policy } from "../policy/words";
import { words } from "./words";

type Set_ = Answers["policy_set"];
type Programs = Answers["enclave_choice"][];

const EVERY_MS = 15_000;

interface Props {
  session: Session;
  /** Where this officer may go on to. */
  programs: Programs;
}

/** The versions of the mandatory rules: read, proposed, installed by a second officer. */
export function SitePolicy({ session, programs }: Props) {
  const asked = useAsked(session, "get_site_policy", {}, EVERY_MS);
  const [chosen, setChosen] = useState("");
  const [proposing, setProposing] = useState(false);
  const sets = asked.answer?.sets ?? [];
  const set = sets.find((one) => one.proposal === chosen);

  if (proposing)
    return (
      <Propose
        session={session}
        asked={asked}
        layers={["site"]}
        send={({ proposal, policy: rules, tests, reason }) =>
          session.send("propose_site_policy", { proposal, policy: rules, tests, reason })
        }
        leave={(proposal) => {
          setProposing(false);
          setChosen(proposal);
          asked.again();
        }}
      />
    );
  if (set !== undefined)
    return (
      <One
        key={set.proposal}
        session={session}
        programs={programs}
        set={set}
        changed={asked.again}
        leave={() => setChosen("")}
      />
    );
  return (
    <section class="desk">
      <div class="desk-head">
        <h1>{words.heading}</h1>
        <button type="button" class="button" onClick={() => setProposing(true)}>
          {words.propose}
        </button>
      </div>
      <p>{words.note}</p>
      <Waiting asked={asked} />
      {asked.answer !== null && <Sets sets={sets} open={setChosen} />}
    </section>
  );
}

interface OneOf extends Props {
  set: Set_;
  changed(): void;
  leave(): void;
}

function One({ session, programs, set, changed, leave }: OneOf) {
  const asked = useAsked(session, "get_site_policy", { proposal: set.proposal }, 0);
  return (
    <section class="desk" data-set={set.state}>
      <button type="button" class="button" onClick={leave}>
        {words.back}
      </button>
      <h1>
        {policy.layers[set.layer] ?? set.layer}, {policy.version(set.version)}
      </h1>
      <p>{set.reason}</p>
      <SetState set={set} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <>
          {set.state === "proposed" && <Impact session={session} programs={programs} answer={asked.answer} />}
          <SetText set={set} answer={asked.answer}>
            {set.state === "proposed" && <Decision session={session} set={set} changed={changed} />}
          </SetText>
        </>
      )}
    </section>
  );
}

interface ImpactOf extends Props {
  answer: Answers["policy"];
}

/** Each program shows it with its own people and objects; the way there. */
function Impact({ session, programs, answer }: ImpactOf) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const see = async (enclave: string) => {
    setProblem(null);
    const outcome = await enterBeside(session, enclave, "policy");
    if (outcome.kind === "refused") setProblem(outcome.problem);
    if (outcome.kind === "lost") setSaid(words.lost);
  };
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid(words.copied);
    } catch {
      setSaid(words.notCopied);
    }
  };
  return (
    <>
      <h2>{words.impact}</h2>
      <p>{words.impactNote}</p>
      {problem !== null && <Refusal problem={problem} />}
      <div class="weeks">
        <button type="button" class="button" onClick={() => void copy(answer.text)}>
          {words.copyRules}
        </button>
        <button type="button" class="button" onClick={() => void copy(answer.tests)}>
          {words.copyTests}
        </button>
        {programs.map(({ enclave, name }) => (
          <button key={enclave} type="button" class="button" onClick={() => void see(enclave)}>
            {words.see(name)}
          </button>
        ))}
      </div>
      {said !== "" && (
        <p class="quiet" role="status">
          {said}
        </p>
      )}
    </>
  );
}

function Decision({ session, set, changed }: { session: Session; set: Set_; changed(): void }) {
  const act = useAct();
  const [declining, setDeclining] = useState(false);
  const mine = set.proposed_by === session.name;

  const install = async () => {
    const fields = { proposal: set.proposal, hash: set.hash };
    const signed = () =>
      session.sendSigned("install_site_policy", fields, words.installMeaning, words.installWhat(set.version));
    if (await act.run(signed)) changed();
  };
  const decline = async (reason: string) => {
    const done = await act.run(() => session.send("decline_site_policy", { proposal: set.proposal, reason }));
    setDeclining(false);
    if (done) changed();
  };
  return (
    <>
      <Heard act={act} />
      {mine && <p class="notice">{words.yours}</p>}
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={() => setDeclining(true)}>
          {words.decline}
        </button>
        {!mine && (
          <button type="button" class="button button-main" disabled={act.busy} onClick={() => void install()}>
            {words.install}
          </button>
        )}
      </div>
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

import { useEffect, useState } from "preact/hooks";
import { post, type Answers, type Outcome, type Problem } from "../../app/api";
import { Desk } from "../../app/desk";
import { enterAt } from "../../app/enter";
import { cardShown } from "../../app/card";
import { keyAnswers } from "../../app/key";
import { Session } from "../../app/session";
import { Credentials } from "../../parts/credentials";
import { Frame } from "../../parts/frame";
import { Refusal } from "../../parts/refusal";
import { OwnPin } from "../own-pin/own-pin";
import { words as ownPin } from "../own-pin/words";
import { words } from "./words";

type SignedIn = Answers["signed_in"];
type Failed = Exclude<Outcome<unknown>, { kind: "answer" }>;

const CHOICE_MS = 60_000;
/* Somebody thinks of a PIN. */
const THINKING_MS = 5 * 60_000;
/* The field of a refusal that asks for the escort, too. */
const ESCORT = "escort_badge";

/** Who is signed in here, and has not gone on. */
interface Here {
  signedIn: SignedIn;
  session: Session;
}

/** Who has to choose a PIN first; the one that was typed, or "" behind a key. */
interface First {
  session: Session;
  pin: string;
}

interface Props {
  station: Answers["station"];
  /** The badge that was scanned on a work screen, and its program; or "". */
  badge: string;
  program: string;
}

/** The entry: badge, PIN or key, and on to the enclave's own origin with a one-time code. */
export function SignIn({ station, badge, program }: Props) {
  /* Good for the next person alone. */
  const [scanned, setScanned] = useState({ badge, program });
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Failed | null>(null);
  const [tries, setTries] = useState(0);
  const [here, setHere] = useState<Here | null>(null);
  const [visitor, setVisitor] = useState<{ badge: string; pin: string } | null>(null);
  const [wantsKey, setWantsKey] = useState(false);
  const [first, setFirst] = useState<First | null>(null);

  /* The PIN of a visitor whose escort does not come is forgotten. */
  useEffect(() => {
    if (visitor === null) return;
    const timer = window.setTimeout(() => setVisitor(null), CHOICE_MS);
    return () => window.clearTimeout(timer);
  }, [visitor]);

  useEffect(() => {
    if (first === null) return;
    const timer = window.setTimeout(() => leaveFirst(first), THINKING_MS);
    return () => window.clearTimeout(timer);
  }, [first]);
  const leaveFirst = ({ session }: First) => {
    setFirst(null);
    void session.signOut();
  };

  const fail = (outcome: Failed) => {
    setBusy(false);
    setFailed(outcome);
    setTries((n) => n + 1);
    setScanned((before) => ({ ...before, badge: "" }));
  };
  const enter = async (session: Session, enclave: string) => {
    setBusy(true);
    const outcome = await enterAt(session, enclave);
    if (outcome.kind === "answer") return;
    setHere(null);
    fail(outcome);
  };
  const heard = (outcome: Outcome<SignedIn>, pin = "") => {
    setVisitor(null);
    if (outcome.kind !== "answer") return fail(outcome);
    const session = Session.atEntry(outcome.answer);
    if (outcome.answer.choose_pin) {
      setBusy(false);
      setFailed(null);
      setScanned((before) => ({ ...before, badge: "" }));
      return setFirst({ session, pin });
    }
    const choices = outcome.answer.enclaves;
    const back = choices.find(({ enclave }) => enclave === scanned.program);
    setScanned({ badge: "", program: "" });
    const only = choices.length === 1 && !outcome.answer.officer ? choices[0] : undefined;
    const next = wantsKey ? undefined : (back ?? only);
    if (next !== undefined) return void enter(session, next.enclave);
    setBusy(false);
    setFailed(null);
    setHere({ signedIn: outcome.answer, session });
  };
  const signIn = async (badge: string, pin: string) => {
    setBusy(true);
    setFailed(null);
    const body = visitor === null ? { badge, pin } : { ...visitor, escort_badge: badge, escort_pin: pin };
    const outcome = await post("sign_in", JSON.stringify(body), null, null);
    if (outcome.kind === "refused" && outcome.problem.field === ESCORT && visitor === null) {
      setVisitor({ badge, pin });
      setScanned((before) => ({ ...before, badge: "" }));
      setBusy(false);
      setTries((n) => n + 1);
      return;
    }
    heard(outcome, visitor?.pin ?? pin);
  };
  const signInByKey = async (badge: string) => {
    setBusy(true);
    setFailed(null);
    const challenge = await post("key_challenge", JSON.stringify({ badge }), null, null);
    if (challenge.kind !== "answer") return fail(challenge);
    const answer = await keyAnswers(challenge.answer);
    if (answer === null) return fail({ kind: "refused", status: 403, problem: words.untouched });
    heard(await post("sign_in_key", JSON.stringify({ badge, ...answer }), null, null));
  };

  const signInByCard = async () => {
    setBusy(true);
    setFailed(null);
    const challenge = await cardShown(station.card_port);
    if (challenge.kind !== "answer") return fail(challenge);
    heard(await post("sign_in_card", JSON.stringify({ challenge: challenge.answer }), null, null));
  };

  const drop = () => {
    setHere(null);
    setWantsKey(false);
  };
  if (here !== null && (here.signedIn.officer || wantsKey))
    return <Desk {...here} station={station} first={wantsKey ? "key" : "programs"} drop={drop} />;
  return (
    <Frame
      marking={station}
      name={words.title}
      middle={<span class="station">{station.station}</span>}
      right={
        here === null &&
        first === null && (
          <button type="button" class="button button-small" onClick={() => setWantsKey(!wantsKey)}>
            {wantsKey ? words.ownKeyNot : words.ownKey}
          </button>
        )
      }
    >
      {first !== null ? (
        <OwnPin
          session={first.session}
          present={first.pin}
          why={ownPin.first}
          leaveWord={ownPin.notNow}
          leave={() => leaveFirst(first)}
          done={(pin) => {
            setFirst(null);
            void signIn(first.session.badge, pin);
          }}
        />
      ) : here !== null ? (
        <Choose here={here} busy={busy} enter={(enclave) => void enter(here.session, enclave)} drop={drop} />
      ) : (
        <Credentials
            key={tries}
            busy={busy}
            known={scanned.badge}
            give={(badge, pin) => void signIn(badge, pin)}
            {...(visitor === null && station.card_port !== 0 && { card: () => void signInByCard() })}
            {...(visitor === null && { touch: { behindBadge: true, act: (badge: string) => void signInByKey(badge) } })}
          >
            {visitor !== null && <p class="notice">{words.escort}</p>}
            {failed !== null && <Failure failed={failed} />}
            {wantsKey && <p class="notice">{words.ownKeyHint}</p>}
          </Credentials>
      )}
    </Frame>
  );
}

function Failure({ failed }: { failed: Failed }) {
  const problem: Problem | null = failed.problem;
  if (problem !== null) return <Refusal problem={problem} />;
  return (
    <p class="notice" role="alert">
      {words.lost}
    </p>
  );
}

interface ChooseOf {
  here: Here;
  busy: boolean;
  enter(enclave: string): void;
  drop(): void;
}

/** Where to, for who may go to several programs or to none. */
function Choose({ here, busy, enter, drop }: ChooseOf) {
  const { signedIn } = here;
  /* The token of a person who went away is forgotten. */
  useEffect(() => {
    const timer = window.setTimeout(drop, CHOICE_MS);
    return () => window.clearTimeout(timer);
  }, [signedIn]);
  return (
    <section class="centre choose">
      {signedIn.note !== "" && <p class="notice">{signedIn.note}</p>}
      {signedIn.enclaves.length === 0 ? (
        <>
          <h1>{words.none}</h1>
          <p>{words.noneTodo}</p>
        </>
      ) : (
        <h1>{words.choose(signedIn.name)}</h1>
      )}
      {signedIn.enclaves.map((choice) => (
        <button
          key={choice.enclave}
          type="button"
          class="button button-main choose-enclave"
          disabled={busy}
          onClick={() => enter(choice.enclave)}
        >
          {choice.name}
        </button>
      ))}
      <button type="button" class="button" disabled={busy} onClick={drop}>
        {words.other}
      </button>
    </section>
  );
}

import { useEffect, useState } from "preact/hooks";
import { post, type Answers, type Outcome, type Problem } from "../../app/api";
import { Credentials } from "../../parts/credentials";
import { Frame } from "../../parts/frame";
import { Refusal } from "../../parts/refusal";
import { words } from "./words";

const CHOICE_MS = 60_000;

/** The entry: badge, PIN, and on to the enclave's own origin with a one-time code. */
export function SignIn({ station }: { station: Answers["station"] }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [lost, setLost] = useState(false);
  const [tries, setTries] = useState(0);
  const [person, setPerson] = useState<Answers["signed_in"] | null>(null);

  /* The token of a person who went away is forgotten. */
  useEffect(() => {
    if (person === null) return;
    const timer = window.setTimeout(() => setPerson(null), CHOICE_MS);
    return () => window.clearTimeout(timer);
  }, [person]);

  const failed = (outcome: Exclude<Outcome<unknown>, { kind: "answer" }>) => {
    setBusy(false);
    setPerson(null);
    setProblem(outcome.problem);
    setLost(outcome.kind === "lost");
    setTries((n) => n + 1);
  };
  const enter = async (token: string, enclave: string) => {
    setBusy(true);
    const outcome = await post("enter", JSON.stringify({ enclave }), token, null);
    if (outcome.kind !== "answer") return failed(outcome);
    const { code, port } = outcome.answer;
    location.replace(`${location.protocol}//${location.hostname}:${port}/#${code}`);
  };
  const signIn = async (badge: string, pin: string) => {
    setBusy(true);
    setProblem(null);
    setLost(false);
    const outcome = await post("sign_in", JSON.stringify({ badge, pin }), null, null);
    if (outcome.kind !== "answer") return failed(outcome);
    const [only, ...others] = outcome.answer.enclaves;
    if (only !== undefined && others.length === 0) return enter(outcome.answer.token, only.enclave);
    setBusy(false);
    setPerson(outcome.answer);
  };

  return (
    <Frame marking={station} name={words.title} middle={<span class="station">{station.station}</span>}>
      {person === null ? (
        <Credentials key={tries} busy={busy} give={(badge, pin) => void signIn(badge, pin)}>
          {problem !== null && <Refusal problem={problem} />}
          {problem === null && lost && (
            <p class="notice" role="alert">
              {words.lost}
            </p>
          )}
        </Credentials>
      ) : (
        <section class="centre choose">
          {person.enclaves.length === 0 ? (
            <>
              <h1>{words.none}</h1>
              <p>{words.noneTodo}</p>
            </>
          ) : (
            <h1>{words.choose(person.name)}</h1>
          )}
          {person.enclaves.map((choice) => (
            <button
              key={choice.enclave}
              type="button"
              class="button button-main choose-enclave"
              disabled={busy}
              onClick={() => void enter(person.token, choice.enclave)}
            >
              {choice.name}
            </button>
          ))}
          <button type="button" class="button" disabled={busy} onClick={() => setPerson(null)}>
            {words.other}
          </button>
        </section>
      )}
    </Frame>
  );
}

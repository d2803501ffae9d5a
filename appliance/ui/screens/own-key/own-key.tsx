import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import { cardShown } from "../../app/card";
import { dayAndTime } from "../../app/clock";
import { hasKeys, keyMade } from "../../app/key";
import type { Session } from "../../app/session";
import { Credentials } from "../../parts/credentials";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { OwnPin } from "../own-pin/own-pin";
import { words as ownPin } from "../own-pin/words";
import { words } from "./words";

type Stage = "label" | "proof" | "touch" | "pin";

interface Props {
  session: Session;
  /** Where the entry reads cards; 0: nowhere. */
  cardPort: number;
  leave?(): void;
}

/** A person registers a key or card of their own: a name for it, badge and PIN, a touch. */
export function OwnKey({ session, cardPort, leave }: Props) {
  const [stage, setStage] = useState<Stage>("label");
  const [label, setLabel] = useState("");
  const [kind, setKind] = useState<"key" | "card">("key");
  const [busy, setBusy] = useState(false);
  /* When what was registered here was, "" before. */
  const [made, setMade] = useState("");
  const [pinSaid, setPinSaid] = useState("");
  const act = useAct();
  const registered = () => {
    setMade(dayAndTime(new Date(session.clock.now()).toISOString()));
    setLabel("");
  };

  const registerCard = async (badge: string, pin: string) => {
    setStage("touch");
    const challenge = await cardShown(cardPort);
    setStage("label");
    if (challenge.kind !== "answer") return act.refuse(challenge.problem ?? words.lost);
    const fields = { credential: session.clock.id(), label: label.trim(), challenge: challenge.answer, badge, pin };
    if (await act.run(() => session.send("register_card", fields))) registered();
  };
  const registerKey = async (badge: string, pin: string) => {
    setBusy(true);
    const challenge = await session.try("register_challenge", { badge, pin });
    setBusy(false);
    if (challenge.kind !== "answer") {
      setStage("label");
      return act.refuse(challenge.problem ?? words.lost);
    }
    setStage("touch");
    const made = await keyMade(challenge.answer, session.name);
    setStage("label");
    if (made === null) return act.refuse(words.untouched);
    const fields = { credential: session.clock.id(), label: label.trim(), ...made };
    if (await act.run(() => session.send("register_key", fields))) registered();
  };

  const register = kind === "key" ? registerKey : registerCard;
  const begin = (what: "key" | "card") => {
    act.clear();
    setMade("");
    setPinSaid("");
    setKind(what);
    setStage("proof");
  };
  const ready = label.trim() !== "" && !act.busy;

  if (stage === "pin")
    return (
      <section class="over over-desk">
        <OwnPin
          session={session}
          present=""
          why=""
          leaveWord={ownPin.back}
          leave={() => setStage("label")}
          done={(_, said) => {
            setPinSaid(said);
            setStage("label");
          }}
        />
      </section>
    );
  if (stage === "proof")
    return (
      <section class="over over-desk">
        <button type="button" class="button button-small" disabled={busy} onClick={() => setStage("label")}>
          {words.leave}
        </button>
        <Credentials busy={busy} give={(badge, pin) => void register(badge, pin)}>
          <h2>{words.badgeFirst}</h2>
        </Credentials>
      </section>
    );
  if (stage === "touch")
    return (
      <section class="centre" role="status">
        <h1>{kind === "key" ? words.touch : words.card}</h1>
        <p>{kind === "key" ? words.touchText : words.cardText}</p>
      </section>
    );
  return (
    <section class="desk">
      {leave !== undefined && (
        <button type="button" class="button" onClick={leave}>
          {words.back}
        </button>
      )}
      <div class="desk-head">
        <h1 class="grow">{words.heading}</h1>
        <button
          type="button"
          class="button"
          onClick={() => {
            act.clear();
            setMade("");
            setPinSaid("");
            setStage("pin");
          }}
        >
          {ownPin.change}
        </button>
      </div>
      <p>{words.text}</p>
      {pinSaid !== "" && (
        <p class="said" role="status">
          {pinSaid}
        </p>
      )}
      <Heard act={act} />
      {made !== "" && <p data-made={made}>{words.made(made)}</p>}
      <div class="fields">
        <TextField label={words.label} note={words.labelNote} longest={40} value={label} set={setLabel} />
      </div>
      <div class="weeks">
        {hasKeys() && (
          <button type="button" class="button button-main" disabled={!ready} onClick={() => begin("key")}>
            {words.begin}
          </button>
        )}
        {cardPort !== 0 && (
          <button type="button" class="button button-main" disabled={!ready} onClick={() => begin("card")}>
            {words.beginCard}
          </button>
        )}
      </div>
      {!hasKeys() && <p class="notice">{words.none}</p>}
    </section>
  );
}

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Act } from "../../app/act";
import type { Answers } from "../../app/api";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { NoAnswer, Refusal } from "../../parts/refusal";
import { Compare } from "./compare";
import { lineOf, nameOf, PROGRAM, type Said } from "./said";
import { words } from "./words";

type Marking = Answers["marking"];

/* Forbidden and absent are one answer. */
const NOTHING_HERE = 404;

interface WhichOf {
  session: Session;
  /** What is marked by itself already: its numbers are offered. */
  known: Marking[];
  take(marking: Marking): void;
  leave(): void;
}

/** The part or document that is to be marked, and how it is marked now. */
export function Which({ session, known, take, leave }: WhichOf) {
  const [number, setNumber] = useState("");
  const [said, setSaid] = useState<ComponentChildren>(null);
  const find = async (object: string) => {
    setSaid(null);
    if (object === "") return;
    const outcome = await session.ask("get_markings", { object });
    const found = outcome.kind === "answer" ? outcome.answer.markings[0] : undefined;
    if (found !== undefined) return take(found);
    if (outcome.kind === "lost") setSaid(<NoAnswer again={() => void find(object)} />);
    else if (outcome.kind === "refused" && outcome.status !== NOTHING_HERE)
      setSaid(<Refusal problem={outcome.problem} />);
    else setSaid(<p class="notice" role="alert">{words.whichNone}</p>);
  };
  useWedge({ scan: (code) => void find(code) });
  useEffect(() => {
    document.querySelector<HTMLInputElement>(".desk .field-value")?.focus();
  }, []);
  return (
    <form
      class="desk"
      onSubmit={(event) => {
        event.preventDefault();
        void find(number.trim());
      }}
    >
      <h1>{words.whichTitle}</h1>
      <TextField
        label={words.which}
        note={words.whichNote}
        longest={32}
        known={known.map((one) => one.object).filter((object) => object !== PROGRAM)}
        value={number}
        set={setNumber}
      />
      {said}
      <div class="reason-acts">
        <button type="button" class="button" onClick={leave}>
          {words.cancel}
        </button>
        <span class="grow" />
        <button type="button" class="button" onClick={() => void find(PROGRAM)}>
          {words.program}
        </button>
        <button type="submit" class="button button-main" disabled={number.trim() === ""}>
          {words.next}
        </button>
      </div>
    </form>
  );
}

/* A word put among others, or taken from them; in the order of the table. */
function flipped(text: string, word: string, order: { word: string }[]): string {
  const there = text.split(" ");
  const next = there.includes(word) ? there.filter((one) => one !== word) : [...there, word];
  return order.map((one) => one.word).filter((one) => next.includes(one)).join(" ");
}

/* Words as the box reads them: one space between. */
function tidy(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

function firstDraft(now: Marking): Said {
  const { level, itar, ear, category, party, dissem, rel_to, ldc, list, contract, excluded, zones, group } = now;
  return {
    level, itar, ear, category, party, dissem, rel_to, ldc, list, contract, excluded, zones, group, source: "",
  };
}

/* What hangs on something that is not said any more is not said either. */
function tidied(draft: Said): Said {
  const controlled = draft.itar || draft.ear;
  return {
    ...draft,
    category: controlled ? tidy(draft.category) : "",
    party: draft.itar ? tidy(draft.party) : "",
    list: draft.ldc.split(" ").includes("DL") ? tidy(draft.list) : "",
    rel_to: tidy(draft.rel_to),
    contract: tidy(draft.contract),
    excluded: tidy(draft.excluded),
    zones: tidy(draft.zones),
    group: tidy(draft.group),
    source: tidy(draft.source),
  };
}

interface StepOf {
  draft: Said;
  put(part: Partial<Said>): void;
}

interface Props {
  session: Session;
  act: Act;
  now: Marking;
  leave(): void;
}

/** A marking in three steps; it begins as the present one stands. */
export function Define({ session, act, now, leave }: Props) {
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState<Said>(firstDraft(now));
  const after = tidied(draft);
  const last = step === words.steps.length - 1;
  const put = (part: Partial<Said>) => setDraft({ ...draft, ...part });

  const send = async () => {
    if (await act.run(() => session.send("define_marking", { object: now.object, ...after }))) leave();
  };
  return (
    <section class="desk" data-define={now.object}>
      <p class="quiet">
        {nameOf(now)} · {words.step(step + 1, words.steps.length)}
      </p>
      <h1>{words.steps[step]}</h1>
      {step === 0 && now.state === "as the program" && <p class="quiet">{words.asProgram}</p>}
      {step === 0 && <Protected draft={draft} put={put} />}
      {step === 1 && <ShutOut draft={draft} put={put} />}
      {last && (
        <>
          <TextField
            label={words.sourceField}
            note={words.sourceNote}
            longest={80}
            value={draft.source}
            set={(source) => put({ source })}
          />
          <h2>{words.changes}</h2>
          <Compare now={{ ...now, source: after.source }} after={after} />
          <Heard act={act} />
          <p class="quiet">{words.sendNote}</p>
        </>
      )}
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={step === 0 ? leave : () => setStep(step - 1)}>
          {step === 0 ? words.cancel : words.before}
        </button>
        {!last && <p class="grow so-far">{words.soFar(lineOf(after))}</p>}
        {last ? (
          <button
            type="button"
            class="button button-main"
            disabled={act.busy || after.source === ""}
            onClick={() => void send()}
          >
            {words.send}
          </button>
        ) : (
          <button type="button" class="button button-main" onClick={() => setStep(step + 1)}>
            {words.next}
          </button>
        )}
      </div>
    </section>
  );
}

interface ChoicesOf {
  label: string;
  note?: string;
  choices: { word: string; face: string }[];
  isChosen(word: string): boolean;
  flip(word: string): void;
}

function Choices({ label, note, choices, isChosen, flip }: ChoicesOf) {
  return (
    <div class="field" role="group" aria-label={label}>
      <span class="field-label">{label}</span>
      <div class="choices">
        {choices.map(({ word, face }) => (
          <button
            key={word}
            type="button"
            class="button choice"
            aria-label={word}
            aria-pressed={isChosen(word)}
            onClick={() => flip(word)}
          >
            <b>{word}</b>
            {face !== "" && <span>{face}</span>}
          </button>
        ))}
      </div>
      {note !== undefined && <span class="field-note">{note}</span>}
    </div>
  );
}

function Protected({ draft, put }: StepOf) {
  const levels = words.levels.map((word) => ({ word, face: "" }));
  return (
    <>
      <Choices
        label={words.level}
        choices={levels}
        isChosen={(word) => words.levels[draft.level] === word}
        flip={(word) => put({ level: words.levels.indexOf(word) })}
      />
      <Choices
        label={words.export}
        choices={[
          { word: words.itar, face: words.itarNote },
          { word: words.ear, face: words.earNote },
        ]}
        isChosen={(word) => (word === words.itar ? draft.itar : draft.ear)}
        flip={(word) => put(word === words.itar ? { itar: !draft.itar } : { ear: !draft.ear })}
      />
      {(draft.itar || draft.ear) && (
        <div class="fields">
          <TextField
            label={words.category}
            note={words.categoryNote}
            longest={24}
            value={draft.category}
            set={(category) => put({ category })}
          />
          {draft.itar && (
            <TextField
              label={words.party}
              note={words.partyNote}
              longest={32}
              value={draft.party}
              set={(party) => put({ party })}
            />
          )}
        </div>
      )}
    </>
  );
}

function ShutOut({ draft, put }: StepOf) {
  const has = (text: string) => (word: string) => text.split(" ").includes(word);
  /* Open from the start where something is said there. */
  const [narrow] = useState(draft.zones + draft.excluded + draft.contract !== "");
  return (
    <>
      <Choices
        label={words.dissem}
        choices={words.dissems}
        isChosen={has(draft.dissem)}
        flip={(word) => put({ dissem: flipped(draft.dissem, word, words.dissems) })}
      />
      <Choices
        label={words.ldc}
        note={words.ldcNote}
        choices={words.ldcs}
        isChosen={has(draft.ldc)}
        flip={(word) => put({ ldc: flipped(draft.ldc, word, words.ldcs) })}
      />
      <div class="fields">
        {has(draft.ldc)("DL") && (
          <TextField label={words.list} note={words.listNote} longest={32} value={draft.list} set={(list) => put({ list })} />
        )}
        <TextField
          label={words.relTo}
          note={words.relToNote}
          longest={80}
          value={draft.rel_to}
          set={(text) => put({ rel_to: text.toUpperCase() })}
        />
        <TextField
          label={words.group}
          note={words.groupNote}
          longest={32}
          value={draft.group}
          set={(group) => put({ group })}
        />
      </div>
      <details class="fold" open={narrow}>
        <summary>{words.narrower}</summary>
        <div class="fields">
          <TextField
            label={words.zones}
            note={words.zonesNote}
            longest={60}
            value={draft.zones}
            set={(zones) => put({ zones })}
          />
          <TextField
            label={words.excluded}
            note={words.excludedNote}
            longest={80}
            value={draft.excluded}
            set={(excluded) => put({ excluded })}
          />
          <TextField
            label={words.contract}
            note={words.contractNote}
            longest={40}
            value={draft.contract}
            set={(contract) => put({ contract })}
          />
        </div>
      </details>
    </>
  );
}

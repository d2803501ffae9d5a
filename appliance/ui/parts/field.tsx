import type { ComponentChildren } from "preact";
import { day } from "../app/clock";

interface Of {
  label: string;
  /** What belongs here, in words; stands below the field. */
  note?: string;
  value: string;
  set(value: string): void;
}

function Labelled({ label, note = "", children }: { label: string; note?: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label class="field">
        <span class="field-label">{label}</span>
        {children}
      </label>
      {note !== "" && <span class="field-note">{note}</span>}
    </div>
  );
}

export function TextField({ longest, known, ...of }: Of & { longest: number; known?: string[] }) {
  const list = known === undefined ? undefined : `known-${of.label}`;
  return (
    <Labelled {...of}>
      <input
        class="field-value"
        type="text"
        autocomplete="off"
        spellcheck={false}
        maxLength={longest}
        list={list}
        value={of.value}
        onInput={(event) => of.set(event.currentTarget.value)}
      />
      {known !== undefined && (
        <datalist id={list}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </Labelled>
  );
}

/** A time of a day, "07:30"; typed, for a browser's own field would ask for AM and PM. */
export function TimeField(of: Of) {
  return (
    <Labelled {...of}>
      <input
        class="field-value"
        type="text"
        autocomplete="off"
        maxLength={5}
        pattern="([01][0-9]|2[0-3]):[0-5][0-9]"
        title={of.note}
        value={of.value}
        onInput={(event) => of.set(event.currentTarget.value)}
      />
    </Labelled>
  );
}

export function DayField({ first, last, ...of }: Of & { first?: string; last?: string }) {
  return (
    <Labelled {...of} note={[day(of.value), of.note ?? ""].filter((text) => text !== "").join(" · ")}>
      <input
        class="field-value"
        type="date"
        min={first}
        max={last}
        value={of.value}
        onInput={(event) => of.set(event.currentTarget.value)}
      />
    </Labelled>
  );
}

export function ChoiceField({ choices, ...of }: Of & { choices: { value: string; face: string }[] }) {
  return (
    <Labelled {...of}>
      <select class="field-value" aria-label={of.label} value={of.value} onChange={(event) => of.set(event.currentTarget.value)}>
        {choices.map(({ value, face }) => (
          <option key={value} value={value}>
            {face}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface LongOf extends Of {
  rows: number;
  /** What the button that reads a file says; without it the text is typed. */
  choose?: string;
  longest?: number;
}

/** A long text: pasted, typed, or read from a file that was chosen. */
export function LongField({ rows, choose, longest, ...of }: LongOf) {
  const read = async (file: File | undefined) => {
    if (file !== undefined) of.set(await file.text());
  };
  return (
    <div class="field">
      <div class="field-head">
        <span class="field-label">{of.label}</span>
        {choose !== undefined && (
          <label class="button button-small">
            {choose}
            <input type="file" class="field-file" onChange={(event) => void read(event.currentTarget.files?.[0])} />
          </label>
        )}
      </div>
      <textarea
        class={choose === undefined ? "field-value" : "field-value field-long"}
        maxLength={longest}
        aria-label={of.label}
        rows={rows}
        spellcheck={false}
        value={of.value}
        onInput={(event) => of.set(event.currentTarget.value)}
      />
      {of.note !== undefined && <span class="field-note">{of.note}</span>}
    </div>
  );
}

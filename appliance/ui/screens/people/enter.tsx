import { attributes, type Attribute } from "attributes";
import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { DAY_MS, dayField } from "../../app/clock";
import type { Session } from "../../app/session";
import { ChoiceField, DayField, TextField } from "../../parts/field";
import { Heard } from "../../parts/heard";
import { saying } from "../../parts/record";
import { words as records } from "../../parts/record-words";
import type { HolderOf } from "./holder";
import { words } from "./words";

/* Made by an operation of its own, never entered. */
const NEVER_ENTERED = "break-glass";

interface Props {
  session: Session;
  programs: Answers["known_program"][];
  holder: HolderOf;
  /** The record that the new one is to replace, or null. */
  before: Answers["record"] | null;
  /** What is on record already: its words are offered again. */
  records: Answers["record"][];
  leave(): void;
}

/* What stands in the fields; days as "2027-03-12". */
interface Draft {
  value: string;
  scope: string;
  granted_by: string;
  granting_role: string;
  document_type: string;
  document: string;
  document_date: string;
  from: string;
  until: string;
  reason: string;
}

function lastDay(attribute: Attribute, from: string): string {
  const begins = Date.parse(from);
  return Number.isNaN(begins) ? "" : dayField(begins + attribute.days * DAY_MS);
}

function firstDraft(props: Props, attribute: Attribute): Draft {
  const { before, programs, session } = props;
  const today = dayField(session.clock.now());
  const scope = attribute.scope === "ENCLAVE" ? (programs[0]?.enclave ?? "") : "";
  return {
    value: before?.value ?? "",
    scope: before?.scope ?? scope,
    granted_by: before?.granted_by ?? "",
    granting_role: before?.granting_role ?? "",
    document_type: before?.document_type ?? "",
    document: "",
    document_date: today,
    from: today,
    until: lastDay(attribute, today),
    reason: "",
  };
}

/** A record to enter: only what fits this holder and this attribute. */
export function Enter(props: Props) {
  const { session, holder, before, leave } = props;
  const fitting = attributes.filter((one) => one.holder === holder.kind && one.name !== NEVER_ENTERED);
  const act = useAct();
  const [name, setName] = useState(before?.attribute ?? fitting[0]?.name ?? "");
  const attribute = fitting.find((one) => one.name === name);
  const [draft, setDraft] = useState<Draft | null>(attribute === undefined ? null : firstDraft(props, attribute));
  if (attribute === undefined || draft === null) return null;

  const put = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const choose = (wanted: string) => {
    const next = fitting.find((one) => one.name === wanted);
    if (next === undefined) return;
    setName(wanted);
    const fresh = firstDraft(props, next);
    setDraft({ ...draft, value: "", scope: fresh.scope, until: lastDay(next, draft.from) });
  };
  const value = attribute.value === "FLAG" ? "true" : draft.value.trim();
  const needed = [value, draft.granted_by, draft.granting_role, draft.document_type, draft.document];
  const ready = needed.every((text) => text.trim() !== "") && draft.from !== "" && draft.until > draft.from;

  const send = async () => {
    const day = (text: string) => `${text}T00:00:00Z`;
    const done = await act.run(() =>
      session.send("enter_record", {
        record: session.clock.id(),
        holder: holder.id,
        attribute: attribute.name,
        value,
        ...(draft.scope === "" ? {} : { scope: draft.scope }),
        granted_by: draft.granted_by.trim(),
        granting_role: draft.granting_role.trim(),
        document_type: draft.document_type.trim(),
        document: draft.document.trim(),
        document_date: day(draft.document_date),
        ...(draft.reason.trim() === "" ? {} : { reason: draft.reason.trim() }),
        from: day(draft.from),
        until: day(draft.until),
        ...(before === null ? {} : { supersedes: before.record }),
      }),
    );
    if (done) leave();
  };

  return (
    <section class="desk">
      <h1>{before === null ? words.enterTitle(holder.name) : words.replaceTitle(holder.name)}</h1>
      <div class="fields">
        <ChoiceField
          label={words.attribute}
          note={attribute.what}
          choices={fitting
            .filter((one) => before === null || one.name === before.attribute)
            .map((one) => ({ value: one.name, face: saying(one.name, "") }))}
          value={name}
          set={choose}
        />
        <Value attribute={attribute} value={draft.value} set={(text) => put({ value: text })} />
        {attribute.scope !== "SITE" && <Scope {...props} attribute={attribute} draft={draft} put={put} />}
      </div>
      <h2>{words.grantHead}</h2>
      <div class="fields">
        <Grant draft={draft} put={put} records={props.records} />
      </div>
      <h2>{words.spanHead}</h2>
      <div class="fields">
        <DayField
          label={words.from}
          value={draft.from}
          set={(from) => put({ from, until: lastDay(attribute, from) })}
        />
        <DayField
          label={words.until}
          note={words.cap(saying(attribute.name, ""), attribute.days)}
          first={draft.from}
          last={lastDay(attribute, draft.from)}
          value={draft.until}
          set={(until) => put({ until })}
        />
        <TextField
          label={words.why}
          note={words.whyNote}
          longest={160}
          value={draft.reason}
          set={(reason) => put({ reason })}
        />
      </div>
      <Heard act={act} />
      <p class="quiet">{words.sendNote}</p>
      <div class="reason-acts">
        <button type="button" class="button" disabled={act.busy} onClick={leave}>
          {words.cancel}
        </button>
        <button type="button" class="button button-main" disabled={act.busy || !ready} onClick={() => void send()}>
          {words.send}
        </button>
      </div>
    </section>
  );
}

function Value({ attribute, value, set }: { attribute: Attribute; value: string; set(value: string): void }) {
  if (attribute.value === "FLAG")
    return (
      <div class="field">
        <span class="field-label">{words.value}</span>
        <p>{words.flag}</p>
      </div>
    );
  if (attribute.value === "LEVEL")
    return (
      <ChoiceField
        label={words.value}
        choices={[{ value: "", face: "–" }, ...records.levels.map((face, i) => ({ value: String(i), face }))]}
        value={value}
        set={set}
      />
    );
  return (
    <TextField
      label={words.value}
      note={words.valueNotes[attribute.value] ?? ""}
      longest={attribute.value === "COUNTRY" ? 3 : 64}
      value={value}
      set={(text) => set(attribute.value === "COUNTRY" ? text.toUpperCase() : text)}
    />
  );
}

interface Part {
  draft: Draft;
  put(part: Partial<Draft>): void;
}

function Scope({ programs, attribute, draft, put }: Part & Props & { attribute: Attribute }) {
  return (
    <ChoiceField
      label={words.scope}
      choices={[
        ...(attribute.scope === "EITHER" ? [{ value: "", face: words.scopeSite }] : []),
        ...programs.map(({ enclave, name }) => ({ value: enclave, face: name })),
      ]}
      value={draft.scope}
      set={(scope) => put({ scope })}
    />
  );
}

/** Who granted it, and on which document. */
function Grant({ draft, put, records: old }: Part & { records: Answers["record"][] }) {
  const known = (name: "granted_by" | "granting_role" | "document_type") => [...new Set(old.map((one) => one[name]))];
  return (
    <>
      <TextField
        label={words.grantedBy}
        note={words.grantedByNote}
        longest={64}
        known={known("granted_by")}
        value={draft.granted_by}
        set={(granted_by) => put({ granted_by })}
      />
      <TextField
        label={words.role}
        note={words.roleNote}
        longest={32}
        known={known("granting_role")}
        value={draft.granting_role}
        set={(granting_role) => put({ granting_role })}
      />
      <TextField
        label={words.documentType}
        note={words.documentTypeNote}
        longest={24}
        known={known("document_type")}
        value={draft.document_type}
        set={(document_type) => put({ document_type })}
      />
      <TextField
        label={words.document}
        note={words.documentNote}
        longest={80}
        value={draft.document}
        set={(document) => put({ document })}
      />
      <DayField
        label={words.documentDate}
        value={draft.document_date}
        set={(document_date) => put({ document_date })}
      />
    </>
  );
}

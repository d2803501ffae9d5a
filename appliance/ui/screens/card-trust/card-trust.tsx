import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../app/act";
import { useAsked } from "../../app/asked";
import { DAY_MS, day, dayAndTime } from "../../app/clock";
import { base64Of } from "../../app/key";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { Mark, type Shape } from "../../parts/mark";
import { heldInFile, type Held } from "./der";
import { words } from "./words";

const BEGIN = "-----BEGIN ";
/* An end that is so near is said. */
const SOON_MS = 7 * DAY_MS;

/** One authority or list, and what is to become of it. */
interface Row extends Held {
  fate: "kept" | "new" | "out";
}

type State = { shape: Shape; text: string };

function stateOf(row: Row, now: number): State {
  if (row.fate === "out") return { shape: "fail", text: words.out };
  if (row.fate === "new") return { shape: "open", text: words.fresh };
  if (row.until <= now) return { shape: "blocked", text: words.ended };
  if (row.from > now) return { shape: "blocked", text: words.notYet };
  if (row.until < now + SOON_MS) return { shape: "here", text: words.soon(Math.ceil((row.until - now) / DAY_MS)) };
  return { shape: "pass", text: "" };
}

function isGood(row: Row, now: number): boolean {
  return row.fate !== "out" && row.from <= now && now < row.until;
}

/** Which authorities' cards are read, which lists say what is revoked, and until when they count. */
export function CardTrust({ session, leave }: { session: Session; leave(): void }) {
  const asked = useAsked(session, "get_card_trust", {}, 0);
  const act = useAct();
  const [rows, setRows] = useState<Row[]>([]);
  const now = session.clock.now();
  const { answer } = asked;
  const inForce = answer === null ? "" : answer.anchors + answer.crls;
  const reset = () =>
    setRows(
      inForce === ""
        ? []
        : heldInFile(new TextEncoder().encode(inForce)).map((held): Row => ({ ...held, fate: "kept" })),
    );
  useEffect(reset, [answer]);

  const of = (kind: Held["kind"]) => rows.filter((row) => row.kind === kind);
  const lists = of("list");
  const isListed = (row: Row) => lists.some((list) => list.authority === row.authority && isGood(list, now));
  const staying = rows.filter((row) => row.fate !== "out");
  const changed = rows.some((row) => row.fate !== "kept");
  const complete = ["anchor", "list"].every((kind) => staying.some((row) => row.kind === kind));
  const dark = rows.some((row) => row.fate === "kept" && !isGood(row, now)) || of("anchor").some((row) => !isListed(row));

  const load = async (file: File | undefined) => {
    if (file === undefined) return;
    act.clear();
    /* what this page cannot read it must not leave out by accident */
    if (rows.filter((row) => row.fate !== "new").length !== inForce.split(BEGIN).length - 1)
      return act.refuse(words.strange);
    const found = heldInFile(new Uint8Array(await file.arrayBuffer()));
    if (found.length === 0) return act.refuse(words.unread(file.name));
    const isSame = (held: Held) => (row: Row) => row.kind === held.kind && row.authority === held.authority;
    if (found.some((held) => held.kind === "list" && rows.some((row) => isSame(held)(row) && row.from > held.from)))
      return act.refuse(words.older(file.name));
    const before = rows
      .filter((row) => !(row.fate === "new" && found.some((held) => isSame(held)(row))))
      .map((row): Row => (found.some((held) => isSame(held)(row)) ? { ...row, fate: "out" } : row));
    setRows([...before, ...found.map((held): Row => ({ ...held, fate: "new" }))]);
  };
  const takeOut = (taken: Row) =>
    setRows(
      rows.flatMap((row): Row[] => (row !== taken ? [row] : row.fate === "new" ? [] : [{ ...row, fate: "out" }])),
    );
  const send = async () => {
    const text = (kind: Held["kind"]) =>
      base64Of(
        new TextEncoder().encode(
          staying
            .filter((row) => row.kind === kind)
            .map((row) => row.pem)
            .join(""),
        ),
      );
    const fields = { anchors: text("anchor"), crls: text("list") };
    if (await act.run(() => session.send("set_card_trust", fields))) asked.again();
  };

  return (
    <section class="desk">
      <button type="button" class="button" onClick={leave}>
        {words.back}
      </button>
      <div class="desk-head">
        <h1>{words.heading}</h1>
        <label class="button">
          {words.load}
          <input
            type="file"
            class="field-file"
            aria-label={words.load}
            onChange={(event) => {
              void load(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
      <Waiting asked={asked} />
      <Heard act={act} />
      {answer !== null && (
        <>
          {changed ? (
            <div class="notice changed">
              <h2>{words.changedTitle}</h2>
              <p>{words.changedNote}</p>
              {!complete && <p>{words.needs}</p>}
              <div class="reason-acts">
                <button type="button" class="button" disabled={act.busy} onClick={reset}>
                  {words.leave}
                </button>
                <button
                  type="button"
                  class="button button-main"
                  disabled={act.busy || !complete}
                  onClick={() => void send()}
                >
                  {words.send}
                </button>
              </div>
            </div>
          ) : (
            <p class={dark || answer.anchors === "" ? "sentence sentence-no" : "sentence"}>
              {answer.anchors === "" ? words.none : dark ? words.dark : words.good}
            </p>
          )}
          <p class="quiet">{words.loadNote}</p>
          <h2>{words.anchors}</h2>
          {of("anchor").length === 0 && <p class="quiet">{words.anchorsNone}</p>}
          <Rows rows={of("anchor")} now={now} span={(row) => words.until(day(new Date(row.until).toISOString()))} remove={takeOut}>
            {(row) => row.fate !== "out" && !isListed(row) && <span class="state">{words.unlisted}</span>}
          </Rows>
          <h2>{words.lists}</h2>
          {lists.length === 0 && <p class="quiet">{words.listsNone}</p>}
          <Rows
            rows={lists}
            now={now}
            span={(row) =>
              words.made(dayAndTime(new Date(row.from).toISOString()), dayAndTime(new Date(row.until).toISOString()))
            }
            remove={takeOut}
          />
        </>
      )}
    </section>
  );
}

interface RowsOf {
  rows: Row[];
  now: number;
  span(row: Row): string;
  remove(row: Row): void;
  children?: (row: Row) => ComponentChildren;
}

function Rows({ rows, now, span, remove, children }: RowsOf) {
  return (
    <ul class="rows">
      {rows.map((row) => {
        const { shape, text } = stateOf(row, now);
        return (
          <li
            key={row.pem}
            class={row.fate === "out" ? "row row-ended" : "row"}
            data-trust={row.kind}
            data-fate={row.fate}
          >
            <Mark shape={shape} />
            <div class="row-what">
              <p class="row-title">
                <b>{row.name === "" ? words.nameless : row.name}</b> {text !== "" && <span class="state">{text}</span>}{" "}
                {children?.(row)}
              </p>
              <p class="row-reason quiet">{span(row)}</p>
            </div>
            {row.fate !== "out" && (
              <button type="button" class="button" onClick={() => remove(row)}>
                {words.remove}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

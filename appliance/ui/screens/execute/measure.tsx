import type { ComponentChildren, VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { canonical, judge } from "../../app/decimal";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { Keypad, typed } from "../../parts/keypad";
import { Mark } from "../../parts/mark";
import { GO_NO_GO, type Characteristic, type Job } from "./steps";
import { words } from "./words";

const LONGEST = 12;

interface Props {
  session: Session;
  job: Job;
  characteristic: Characteristic;
  /** What was typed before and not recorded. */
  typed: string;
  /** Keep what is typed now. */
  keep(text: string): void;
  heard(done: Answers["done"], characteristic: Characteristic, value: string): void;
  refused(problem: Problem): void;
  foot(main: ComponentChildren): VNode;
}

/** One value: its limits, the gage, the number; recorded at once. */
export function Measure({ session, job, characteristic, typed: before, keep, heard, refused, foot }: Props) {
  const gages = job.gages.filter((gage) => gage.class === characteristic.gage_class);
  const usable = gages.filter((gage) => gage.usable);
  const [gage, setGage] = useState(usable[0]?.number ?? "");
  const [value, put] = useState(before);
  const [busy, setBusy] = useState(false);

  const isGoNoGo = characteristic.unit === GO_NO_GO;
  const needsGage = characteristic.gage_class !== "";
  const number = canonical(value);
  const ready = number !== null && (!needsGage || gage !== "") && !busy && !characteristic.recorded;

  /* Several keys may come before the next drawing: each adds to the one before. */
  const latest = useRef(before);
  const setValue = (text: string) => {
    latest.current = text;
    put(text);
    keep(text);
  };
  const record = async (what: string) => {
    setBusy(true);
    const readings = [{ characteristic: characteristic.balloon, value: what, gage }];
    const outcome = await session.send("record_reading", { unit: job.unit, sequence: job.sequence, readings });
    setBusy(false);
    if (outcome.kind === "refused") return refused(outcome.problem);
    keep("");
    heard(outcome.answer, characteristic, what);
  };
  const press = (key: string) => {
    if (busy || characteristic.recorded || isGoNoGo) return;
    if (key === "Enter") {
      if (ready && number !== null) void record(number);
    } else if (key === "Escape") setValue("");
    else if (key === "Backspace" || /^[0-9.,-]$/.test(key)) setValue(typed(latest.current, key, LONGEST));
  };
  useWedge({
    scan: (text) => {
      const known = gages.find((g) => g.number === text);
      if (known !== undefined) {
        if (known.usable) setGage(known.number);
      } else if (!busy && !characteristic.recorded && !isGoNoGo) setValue(text.slice(0, LONGEST));
    },
    key: press,
  });

  const done = characteristic.recorded;
  return (
    <>
      <div class="step-body measure">
        <div class="measure-facts">
          <h1>
            <span class="balloon">{characteristic.balloon}</span> {characteristic.name}
            {characteristic.key && <span class="key-mark">{words.key}</span>}
          </h1>
          {!isGoNoGo && <Limits characteristic={characteristic} />}
          {done && <Recorded value={isGoNoGo ? words.go : characteristic.value} characteristic={characteristic} />}
          {!done && !isGoNoGo && <Value value={value} characteristic={characteristic} />}
          {!isGoNoGo && characteristic.recent.length > 0 && <Recent characteristic={characteristic} />}
          {!done && needsGage && (
            <Gages gages={gages} chosen={gage} choose={setGage} none={usable.length === 0} named={value === "" || !isOutside(value, characteristic)} />
          )}
        </div>
        {!done && isGoNoGo && <GoNoGo able={!busy && (!needsGage || gage !== "")} record={record} />}
        {!done && !isGoNoGo && <Keypad layout="decimal" press={press} />}
      </div>
      {foot(
        done || isGoNoGo ? null : (
          <RecordButton
            busy={busy}
            ready={ready}
            outside={isOutside(value, characteristic)}
            record={() => number !== null && void record(number)}
          />
        ),
      )}
    </>
  );
}

function Recorded({ value, characteristic }: { value: string; characteristic: Characteristic }) {
  return (
      <p class="value" data-field="value">
        {value} {characteristic.unit !== GO_NO_GO && <small>{characteristic.unit}</small>}
        <span class="verdict">
          <Mark shape="pass" /> {words.recorded}
        </span>
      </p>
  );
}

/** What the units before this one measured, newest first. */
function Recent({ characteristic }: { characteristic: Characteristic }) {
  return (
    <p class="recent quiet">
      {words.recent}
      {characteristic.recent.map((one, i) => (
        <b key={i}>{one.value}</b>
      ))}
    </p>
  );
}

function GoNoGo({ able, record }: { able: boolean; record(value: string): Promise<void> }) {
  return (
    <div class="go-no-go">
      <button type="button" class="button button-main" disabled={!able} onClick={() => void record("1")}>
        {words.go}
      </button>
      <button type="button" class="button button-stop" disabled={!able} onClick={() => void record("0")}>
        {words.noGo}
      </button>
    </div>
  );
}

function isOutside(value: string, characteristic: Characteristic): boolean {
  const verdict = judge(value, characteristic.lower, characteristic.upper);
  return verdict === "above" || verdict === "below";
}

interface RecordProps {
  busy: boolean;
  ready: boolean;
  outside: boolean;
  record(): void;
}

function RecordButton({ busy, ready, outside, record }: RecordProps) {
  const face = busy ? words.recording : outside ? words.recordOutside : words.record;
  return (
    <button
      type="button"
      class={outside ? "button button-stop" : "button button-main"}
      data-act="record"
      disabled={!ready}
      onClick={record}
    >
      {face}
    </button>
  );
}

function Limits({ characteristic }: { characteristic: Characteristic }) {
  const facts: [string, string][] = [
    [words.lower, characteristic.lower],
    [words.nominal, characteristic.nominal],
    [words.upper, characteristic.upper],
  ];
  return (
    <dl class="limits">
      {facts.map(([name, limit]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{limit === "" ? words.notSet : limit}</dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value, characteristic }: { value: string; characteristic: Characteristic }) {
  const verdict = judge(value, characteristic.lower, characteristic.upper);
  const outside = isOutside(value, characteristic);
  return (
    <>
      <p class={outside ? "value value-outside" : "value"} data-field="value">
        {value === "" ? <span class="value-empty">{words.valueEmpty}</span> : value}{" "}
        {value !== "" && <small>{characteristic.unit}</small>}
        <span class="verdict">
          {verdict !== null && <Mark shape={outside ? "fail" : "pass"} />}
          {verdict === "within" && words.within}
          {verdict === "above" && words.above(characteristic.upper)}
          {verdict === "below" && words.below(characteristic.lower)}
        </span>
      </p>
      {outside && <p class="value-note">{words.outsideNote}</p>}
      {value !== "" && verdict === null && <p class="value-note">{words.valueBad}</p>}
    </>
  );
}

interface GageProps {
  gages: Answers["gage"][];
  chosen: string;
  none: boolean;
  named: boolean;
  choose(number: string): void;
}

function Gages({ gages, chosen, none, named, choose }: GageProps) {
  return (
    <div class="gages">
      {named && <h2 class="quiet">{words.gage}</h2>}
      {none && <p class="notice">{words.gageNoneUsable}</p>}
      <div class="gage-list">
        {gages.map((gage) => (
          <button
            key={gage.number}
            type="button"
            class="gage"
            disabled={!gage.usable}
            aria-pressed={gage.number === chosen}
            onClick={() => choose(gage.number)}
          >
            <Mark shape={!gage.usable ? "blocked" : gage.number === chosen ? "pass" : "open"} />
            <span>
              <b>{gage.number}</b> {gage.name}
              {!gage.usable && (
                <i>
                  {words.gageNotUsable} {gage.reason}
                </i>
              )}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

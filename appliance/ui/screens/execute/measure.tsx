import { useState } from "preact/hooks";
import type { Answers, Problem } from "../../app/api";
import { canonical, judge } from "../../app/decimal";
import type { Session } from "../../app/session";
import { useWedge } from "../../app/wedge";
import { Keypad, typed } from "../../parts/keypad";
import { Mark } from "../../parts/mark";
import type { Characteristic, Job } from "./steps";
import { words } from "./words";

const LONGEST = 12;
const GO_NO_GO = "go";

interface Props {
  session: Session;
  job: Job;
  characteristic: Characteristic;
  heard(done: Answers["done"], characteristic: Characteristic, value: string): void;
  refused(problem: Problem): void;
}

/** One value: its limits, the gage, the number; recorded at once. */
export function Measure({ session, job, characteristic, heard, refused }: Props) {
  const gages = job.gages.filter((gage) => gage.class === characteristic.gage_class);
  const usable = gages.filter((gage) => gage.usable);
  const [gage, setGage] = useState(usable[0]?.number ?? "");
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState(false);

  const isGoNoGo = characteristic.unit === GO_NO_GO;
  const needsGage = characteristic.gage_class !== "";
  const number = canonical(value);
  const ready = number !== null && (!needsGage || gage !== "") && !busy && !characteristic.recorded;

  const record = async (what: string) => {
    setBusy(true);
    const readings = [{ characteristic: characteristic.balloon, value: what, gage }];
    const outcome = await session.send("record_reading", { unit: job.unit, sequence: job.sequence, readings });
    setBusy(false);
    if (outcome.kind === "refused") return refused(outcome.problem);
    heard(outcome.answer, characteristic, what);
  };
  const press = (key: string) => {
    if (busy || characteristic.recorded || isGoNoGo) return;
    if (key === "Enter") {
      if (ready && number !== null) void record(number);
    } else if (key === "Escape") setValue("");
    else if (key === "Backspace" || /^[0-9.,-]$/.test(key)) setValue((text) => typed(text, key, LONGEST));
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

  return (
    <div class="measure">
      <div class="measure-facts">
        <h1>
          <span class="balloon">{characteristic.balloon}</span> {characteristic.name}
          {characteristic.key && <span class="key-mark">{words.key}</span>}
        </h1>
        {!isGoNoGo && <Limits characteristic={characteristic} />}
        {characteristic.recorded ? (
          <p class="value" data-field="value">
            {isGoNoGo ? words.go : characteristic.value} {!isGoNoGo && <small>{characteristic.unit}</small>}
            <span class="verdict">
              <Mark shape="pass" /> {words.recorded}
            </span>
          </p>
        ) : (
          !isGoNoGo && <Value value={value} characteristic={characteristic} />
        )}
        {needsGage && !characteristic.recorded && (
          <Gages gages={gages} chosen={gage} choose={setGage} none={usable.length === 0} />
        )}
      </div>
      {!characteristic.recorded &&
        (isGoNoGo ? (
          <div class="go-no-go">
            <button type="button" class="button button-main" disabled={busy} onClick={() => void record("1")}>
              {words.go}
            </button>
            <button type="button" class="button button-stop" disabled={busy} onClick={() => void record("0")}>
              {words.noGo}
            </button>
          </div>
        ) : (
          <div class="measure-keys">
            <Keypad layout="decimal" press={press} />
            <RecordButton
              busy={busy}
              ready={ready}
              outside={isOutside(value, characteristic)}
              record={() => number !== null && void record(number)}
            />
          </div>
        ))}
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
  const outside = verdict === "above" || verdict === "below";
  return (
    <>
      <p class={outside ? "value value-outside" : "value"} data-field="value">
        {value === "" ? <span class="value-empty">{words.valueEmpty}</span> : value}{" "}
        {value !== "" && <small>{characteristic.unit}</small>}
        {verdict !== null && (
          <span class="verdict">
            <Mark shape={outside ? "fail" : "pass"} />{" "}
            {verdict === "within" && words.within}
            {verdict === "above" && words.above(characteristic.upper)}
            {verdict === "below" && words.below(characteristic.lower)}
          </span>
        )}
      </p>
      <p class="value-note">
        {value !== "" && verdict === null && words.valueBad}
        {outside && words.outsideNote}
      </p>
    </>
  );
}

interface GageProps {
  gages: Answers["gage"][];
  chosen: string;
  none: boolean;
  choose(number: string): void;
}

function Gages({ gages, chosen, none, choose }: GageProps) {
  return (
    <div class="gages">
      <h2 class="quiet">{words.gage}</h2>
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

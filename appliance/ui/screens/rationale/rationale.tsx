import { useState } from "preact/hooks";
import { useAct } from "../../app/act";
import type { Answers } from "../../app/api";
import { useAsked } from "../../app/asked";
import { day, dayAndTime } from "../../app/clock";
import type { Session } from "../../app/session";
import { Heard, Waiting } from "../../parts/heard";
import { ReasonPanel } from "../../parts/reason";
import { EnterRationale, type Control } from "./enter";
import { words } from "./words";

type Row = Answers["rationale_row"];
type Register = Answers["rationale_register"];

const EVERY_MS = 30_000;

/** Why each control is there: printable, with what nothing meets and what has no reason. */
export function Rationale({ session }: { session: Session }) {
  const asked = useAsked(session, "get_rationale", {}, EVERY_MS);
  const act = useAct();
  const [entering, setEntering] = useState<Control | null>(null);
  const [withdrawing, setWithdrawing] = useState<Row | null>(null);

  if (entering !== null)
    return (
      <EnterRationale
        session={session}
        about={entering}
        leave={() => {
          setEntering(null);
          asked.again();
        }}
      />
    );
  const withdraw = async (row: Row, reason: string) => {
    await act.run(() => session.send("withdraw_rationale", { rationale: row.rationale, reason }));
    setWithdrawing(null);
    asked.again();
  };
  const print = async () => {
    if (await act.run(() => session.send("print_rationale", {}))) window.print();
  };
  return (
    <section class="desk">
      <p class="print-only">
        {words.printed(dayAndTime(new Date(session.clock.now()).toISOString()), session.name)}
      </p>
      <div class="desk-head">
        <h1>{words.heading}</h1>
        <button type="button" class="button" onClick={() => void print()}>
          {words.print}
        </button>
        <button type="button" class="button button-main" onClick={() => setEntering({ control: "", object: "" })}>
          {words.enter}
        </button>
      </div>
      <Heard act={act} />
      <Waiting asked={asked} />
      {asked.answer !== null && (
        <Sheets register={asked.answer} give={setEntering} withdraw={setWithdrawing} />
      )}
      {withdrawing !== null && (
        <ReasonPanel
          title={words.withdrawTitle}
          about={words.withdrawAbout(withdrawing.obligation)}
          act={words.withdraw}
          busy={act.busy}
          give={(reason) => void withdraw(withdrawing, reason)}
          cancel={() => setWithdrawing(null)}
        />
      )}
    </section>
  );
}

interface SheetsOf {
  register: Register;
  give(control: Control): void;
  withdraw(row: Row): void;
}

function Sheets({ register, give, withdraw }: SheetsOf) {
  return (
    <>
      <p class="sentence">{register.sentence}</p>
      <h2>{words.open}</h2>
      {register.without_control.length === 0 ? (
        <p class="quiet">{register.rows.length === 0 ? words.openEmpty : words.openNone}</p>
      ) : (
        <Obligations rows={register.without_control} withdraw={withdraw} list="open" />
      )}
      <h2>{words.rows}</h2>
      {register.rows.length === 0 ? (
        <p class="quiet">{words.rowsNone}</p>
      ) : (
        <Obligations rows={register.rows.filter((row) => row.holds)} withdraw={withdraw} list="met" />
      )}
      <h2>{words.idle}</h2>
      {register.without_rationale.length === 0 && <p class="quiet">{words.idleNone}</p>}
      <ul class="rows" data-list="idle">
        {register.without_rationale.map((row) => (
          <li key={`${row.control} ${row.object}`} class="row">
            <div class="row-what">
              <p class="row-title">
                {words.controls[row.control] ?? row.control} <b>{row.object}</b>
              </p>
              <p class="row-reason quiet">{row.what}</p>
            </div>
            <button type="button" class="button" onClick={() => give(row)}>
              {words.give}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Obligations({ rows, withdraw, list }: { rows: Row[]; withdraw(row: Row): void; list: string }) {
  return (
    <table data-list={list}>
      <thead>
        <tr>
          <th>{words.obligation}</th>
          <th>{words.document}</th>
          <th>{words.control}</th>
          <th>{words.how}</th>
          <th>{words.entered}</th>
          <th class="no-print" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.rationale}>
            <td>
              <b>{row.obligation}</b>
            </td>
            <td>
              {words.kinds[row.kind] ?? row.kind}: {row.document}
            </td>
            <td>
              {words.controls[row.control] ?? row.control} {row.object}
              {row.note !== "" && (
                <>
                  <br />
                  <b>{row.note}</b>
                </>
              )}
            </td>
            <td>{row.how}</td>
            <td>{words.by(row.name, day(row.entered))}</td>
            <td class="no-print">
              <button type="button" class="button" onClick={() => withdraw(row)}>
                {words.withdraw}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

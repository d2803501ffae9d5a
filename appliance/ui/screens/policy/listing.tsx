import { words } from "./words";

/** One rule of a set, or what stands between rules. */
interface Rule {
  id: string;
  why: string;
  text: string;
}

const ID = /^@id\("(.*)"\)$/;
const WHY = /^@why\("(.*)"\)$/;

/* As the box lays a set out: annotations stand on lines of their own, a rule ends with
 * ";" at the end of a line, rules have an empty line between them. */
export function rulesOf(text: string): Rule[] {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const rule: Rule = { id: "", why: "", text: "" };
      const rest: string[] = [];
      for (const line of block.split("\n")) {
        const id = ID.exec(line)?.[1];
        const why = WHY.exec(line)?.[1];
        if (id !== undefined) rule.id = id;
        else if (why !== undefined) rule.why = why;
        else rest.push(line);
      }
      return { ...rule, text: rest.join("\n").trim() };
    });
}

/* A string, a comment, a word, or any other sign. */
const TOKENS = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\w+|[^\s\w]/g;

/* A rule as it is read, however it is laid out; "" for comments that stand alone. */
function meaningOf(rule: Rule): string {
  const tokens = (rule.text.match(TOKENS) ?? []).filter((token) => !token.startsWith("//"));
  return tokens.length === 0 ? "" : JSON.stringify([rule.id, rule.why, ...tokens]);
}

/** Which rules are in one of two texts alone, however either is laid out. */
export function onlyIn(text: string, other: string): Rule[] {
  const there = new Set(rulesOf(other).map(meaningOf));
  return rulesOf(text).filter((rule) => meaningOf(rule) !== "" && !there.has(meaningOf(rule)));
}

/** A set to be read: each rule begins with its name and its reason in words. */
export function Listing({ rules, sign = "" }: { rules: Rule[]; sign?: string }) {
  return (
    <>
      {rules.map((rule, i) => (
        <article key={i} class="listing" data-rule={rule.id}>
          {rule.id !== "" && (
            <p class="listing-head">
              {sign !== "" && `${sign} `}
              {rule.id}
            </p>
          )}
          {rule.why !== "" && <p class="listing-why">{rule.why}</p>}
          {rule.text}
        </article>
      ))}
    </>
  );
}

/** What a proposal adds to, and takes from, the set in force. */
export function Changes({ text, inForce }: { text: string; inForce: string }) {
  const added = onlyIn(text, inForce);
  const taken = onlyIn(inForce, text);
  if (added.length + taken.length === 0) return <p class="quiet">{words.changesNone}</p>;
  return (
    <>
      <Listing rules={taken} sign="−" />
      <Listing rules={added} sign="+" />
    </>
  );
}

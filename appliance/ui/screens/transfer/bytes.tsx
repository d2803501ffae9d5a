const PRINTABLE_FIRST = 0x20;
const PRINTABLE_LAST = 0x7e;

function escaped(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return Array.from(bytes, (b) => "\\x" + b.toString(16).padStart(2, "0")).join("");
}

interface Run {
  text: string;
  plain: boolean;
}

/** The text as runs: printable ASCII as it is, every other byte escaped and set apart. */
function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const plain = code >= PRINTABLE_FIRST && code <= PRINTABLE_LAST;
    const shown = plain ? character : character === "\n" ? "\\n" : escaped(character);
    const last = runs[runs.length - 1];
    if (last !== undefined && last.plain === plain && plain) last.text += shown;
    else runs.push({ text: shown, plain });
    if (character === "\n") runs.push({ text: "\n", plain: true });
  }
  return runs;
}

/** Exactly the bytes, in monospace. */
export function Bytes({ text }: { text: string }) {
  return (
    <pre class="bytes">
      {runsOf(text).map((run, i) => (run.plain ? run.text : <i key={i}>{run.text}</i>))}
    </pre>
  );
}

export function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

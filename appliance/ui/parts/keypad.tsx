import type { JSX } from "preact";

/** Keys on the screen, for gloves; a physical keyboard does the same through the wedge. */
const LAYOUTS = {
  digits: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "Backspace", "0", "Enter"],
  decimal: ["7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", "Backspace"],
  letters: [..."1234567890", ..."ABCDEFGHIJ", ..."KLMNOPQRST", ..."UVWXYZ-.", "Backspace", "Enter"],
};
const FACES: Record<string, string> = { Backspace: "⌫", Enter: "OK" };
const NAMES: Record<string, string> = { Backspace: "Delete the last one", Enter: "OK" };

interface Props {
  layout: keyof typeof LAYOUTS;
  press(key: string): void;
  canEnter?: boolean;
}

/* A pressed key must not take the focus: Enter would then press it again. */
function keepFocus(event: JSX.TargetedMouseEvent<HTMLButtonElement>): void {
  event.preventDefault();
}

export function Keypad({ layout, press, canEnter = true }: Props) {
  return (
    <div class={`keypad keypad-${layout}`}>
      {LAYOUTS[layout].map((key) => (
        <button
          key={key}
          type="button"
          tabIndex={-1}
          class={key === "Enter" ? "key key-enter" : "key"}
          aria-label={NAMES[key] ?? key}
          disabled={key === "Enter" && !canEnter}
          onMouseDown={keepFocus}
          onClick={() => press(key)}
        >
          {FACES[key] ?? key}
        </button>
      ))}
    </div>
  );
}

/** ${text} after ${key}: a character is added, "Backspace" takes the last one away. */
export function typed(text: string, key: string, longest: number): string {
  if (key === "Backspace") return text.slice(0, -1);
  return key.length === 1 && text.length < longest ? text + key : text;
}

/** A shape for each state, so that colour is never the only signal. */
export type Shape = "ready" | "running" | "blocked" | "held" | "pass" | "fail" | "open" | "here";

const PATHS: Record<Shape, string> = {
  ready: "M7 4 L21 12 L7 20 Z",
  running: "M12 3 A9 9 0 1 1 11.99 3 Z M12 7 V12 L16 14",
  blocked: "M4 4 H20 V20 H4 Z M4 20 L20 4",
  held: "M8 2 H16 L22 8 V16 L16 22 H8 L2 16 V8 Z M8 8 V16 M16 8 V16",
  pass: "M4 13 L10 19 L21 5",
  fail: "M5 5 L19 19 M19 5 L5 19",
  open: "M12 4 A8 8 0 1 1 11.99 4 Z",
  here: "M12 4 A8 8 0 1 1 11.99 4 Z M12 9 A3 3 0 1 1 11.99 9 Z",
};

export function Mark({ shape }: { shape: Shape }) {
  return (
    <svg class={`mark mark-${shape}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[shape]} />
    </svg>
  );
}

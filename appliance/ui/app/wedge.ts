import { useLayoutEffect, useRef } from "preact/hooks";

/*
 * Scanners, gages and keyboards all arrive as keys.  A burst (less than 35 ms
 * between keys) out of silence that ends with Enter is a scan; everything else
 * was typed.  No field needs the focus: what lies on top of the page gets the input.
 */
const BURST_MS = 35;
const SILENCE_MS = 250;
const SHORTEST_SCAN = 3;
const SUFFIX = new Set(["Enter", "Tab"]);

export interface Listener {
  /** A scan or a paste. */
  scan(text: string): void;
  /** One typed key: a character, "Backspace", "Enter" or "Escape". */
  key?(key: string): void;
}

const listeners: { current: Listener }[] = [];
/* Takes a scan away from what is shown: true when it was its own. */
const takers: { current(text: string): boolean }[] = [];
let burst = "";
let burstFromSilence = false;
let lastKey = -Infinity;
let timer = 0;
/* What comes while the next step is asked for is the next step's: null when nothing is held. */
let held: (() => void)[] | null = null;
let holds = 0;

function top(): Listener | null {
  return listeners[listeners.length - 1]?.current ?? null;
}

/* In a field that a person types into, keys are the field's own. */
function isTyping(): boolean {
  const at = document.activeElement;
  return at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
}

function deliver(act: () => void): void {
  if (held === null) act();
  else held.push(act);
}

function scanned(text: string): void {
  deliver(() => {
    if (!takers.some((taker) => taker.current(text))) top()?.scan(text);
  });
}

function flush(): void {
  window.clearTimeout(timer);
  const typed = burst;
  burst = "";
  for (const key of typed) deliver(() => top()?.key?.(key));
}

function onSuffix(event: KeyboardEvent): void {
  if (burst.length >= SHORTEST_SCAN && burstFromSilence) {
    const text = burst;
    burst = "";
    window.clearTimeout(timer);
    event.preventDefault();
    scanned(text);
    return;
  }
  const wasTyping = burst !== "";
  flush();
  if (event.key !== "Enter") return;
  const onButton = document.activeElement instanceof HTMLButtonElement;
  if (onButton && !wasTyping) return;
  event.preventDefault();
  /* Behind the redraw that the keys just delivered have asked for. */
  window.setTimeout(() => deliver(() => top()?.key?.("Enter")), 0);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping()) return;
  const now = performance.now();
  const gap = now - lastKey;
  if (top() === null && held === null) {
    lastKey = now;
    return;
  }
  if (SUFFIX.has(event.key)) {
    if (gap >= BURST_MS) flush();
    lastKey = now;
    onSuffix(event);
    return;
  }
  if (event.key === "Backspace" || event.key === "Escape") {
    flush();
    deliver(() => top()?.key?.(event.key));
    return;
  }
  if (event.key.length !== 1) return;
  if (event.key === " " && document.activeElement instanceof HTMLButtonElement && burst === "") return;
  event.preventDefault();
  lastKey = now;
  if (burst === "") burstFromSilence = gap > SILENCE_MS;
  burst += event.key;
  window.clearTimeout(timer);
  timer = window.setTimeout(flush, BURST_MS);
}

function onPaste(event: ClipboardEvent): void {
  if (isTyping()) return;
  const text = event.clipboardData?.getData("text/plain").trim() ?? "";
  if (text !== "") scanned(text);
}

/* A tapped button does not keep the focus: the next Enter is a scanner's, not the button's. */
function onPointerUp(): void {
  if (document.activeElement instanceof HTMLElement && !isTyping()) document.activeElement.blur();
}

/** Begin to listen; once, when the page starts. */
export function wedgeStart(): void {
  document.addEventListener("pointerup", onPointerUp);
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("paste", onPaste);
}

/** While ${act} goes on nothing is given to anybody; then what came is, in its order. */
export async function wedgeHolds(act: () => Promise<void>): Promise<void> {
  holds++;
  held ??= [];
  await act();
  holds--;
  /* Behind the redraw that shows who hears it. */
  window.setTimeout(() => {
    if (holds > 0) return;
    const acts = held ?? [];
    held = null;
    for (const one of acts) one();
  }, 0);
}

/** Give all scans and keys to ${listener} while this part is shown. */
export function useWedge(listener: Listener): void {
  const kept = useRef(listener);
  kept.current = listener;
  /* In the same turn as the drawing: what is seen also hears. */
  useLayoutEffect(() => {
    const mine = kept;
    listeners.push(mine);
    return () => {
      listeners.splice(listeners.indexOf(mine), 1);
    };
  }, []);
}

/** Offer every scan to ${take} first, while this part is shown. */
export function useTaker(take: (text: string) => boolean): void {
  const kept = useRef(take);
  kept.current = take;
  useLayoutEffect(() => {
    const mine = kept;
    takers.push(mine);
    return () => {
      takers.splice(takers.indexOf(mine), 1);
    };
  }, []);
}

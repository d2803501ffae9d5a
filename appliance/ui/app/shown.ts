import { useEffect, useState } from "preact/hooks";

/** A value that parts of the page watch. */
export class Shown<T> {
  private watchers = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(next: T): void {
    this.current = next;
    for (const watcher of this.watchers) watcher();
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

export function useShown<T>(shown: Shown<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => shown.watch(() => redraw((n) => n + 1)), [shown]);
  return shown.value;
}

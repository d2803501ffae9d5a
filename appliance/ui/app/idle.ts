import { useEffect } from "preact/hooks";

const SIGNS_OF_LIFE = ["pointerdown", "keydown", "wheel"];

/** Call ${alive} whenever somebody touches the station. */
export function useActivity(alive: () => void): void {
  useEffect(() => {
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, alive);
    return () => {
      for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, alive);
    };
  }, [alive]);
}

/** Call ${act} once when nobody has touched the station for ${milliseconds}. */
export function useIdle(milliseconds: number, act: () => void): void {
  useEffect(() => {
    let timer = 0;
    const alive = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(act, milliseconds);
    };
    alive();
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, alive);
    return () => {
      window.clearTimeout(timer);
      for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, alive);
    };
  }, [milliseconds, act]);
}

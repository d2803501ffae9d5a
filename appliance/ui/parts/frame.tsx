import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { link } from "../app/link";
import { useShown } from "../app/shown";
import { PrintedMarking } from "./printed";
import { words } from "./words";

export interface Marking {
  banner: string;
  banner_kind: string;
}

const KINDS = new Set(["unclassified", "cui", "confidential", "secret", "top-secret", "top-secret-sci"]);

function Banner({ marking, place }: { marking: Marking | null; place: "top" | "bottom" }) {
  const kind = marking !== null && KINDS.has(marking.banner_kind) ? marking.banner_kind : "unknown";
  return (
    <div class={`banner banner-${place} banner-${kind}`} data-banner={place}>
      {marking === null ? words.markingUnknown : marking.banner}
    </div>
  );
}

function clockTime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function LinkState() {
  const state = useShown(link);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => tick((n) => n + 1), 1000);
    return () => window.clearInterval(timer);
  }, []);
  if (state === null) return <span class="link">{words.linkUnknown}</span>;
  if (state.up)
    return (
      <span class="link">
        {words.linkOk}
        <span class="link-time">{words.linkMilliseconds(state.milliseconds)}</span>
      </span>
    );
  return (
    <span class="link link-lost" role="status">
      {words.linkLost(clockTime(performance.now() - state.since))}
    </span>
  );
}

interface Props {
  marking: Marking | null;
  name: string;
  middle?: ComponentChildren;
  right?: ComponentChildren;
  over?: ComponentChildren;
  /** What everybody in the program is told, such as broken glass. */
  alert?: string;
  /** Nothing of what lies between the banners is shown; what was entered stays where it is. */
  covered?: boolean;
  children: ComponentChildren;
}

/** Every page: marked at the top and at the bottom, whatever lies between or over it. */
export function Frame({ marking, name, middle, right, over, alert = "", covered = false, children }: Props) {
  return (
    <>
      <Banner marking={marking} place="top" />
      <div class="page">
        <header class="header">
          <span class="header-name">{name}</span>
          <nav class="tabs">{middle}</nav>
          <LinkState />
          {right}
        </header>
        {alert !== "" && (
          <p class="alert" role="alert">
            {alert}
          </p>
        )}
        <main class="main" hidden={covered} inert={over !== undefined && over !== false}>
          {children}
        </main>
        {over}
      </div>
      <Banner marking={marking} place="bottom" />
      <PrintedMarking text={marking?.banner ?? words.markingUnknown} />
    </>
  );
}

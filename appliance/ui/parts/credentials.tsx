import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { hasKeys } from "../app/key";
import { useWedge } from "../app/wedge";
import { Keypad, typed } from "./keypad";
import { words } from "./words";

const BADGE_LONGEST = 32;
const PIN_SHORTEST = 4;
const PIN_LONGEST = 64;
const ALL_DIGITS = /^[0-9]{4,12}$/;

interface Props {
  busy: boolean;
  children?: ComponentChildren;
  give(badge: string, pin: string): void;
  /** The person's security key instead; behind the badge where the badge must be known. */
  touch?: { behindBadge: boolean; act(badge: string): void };
  /** The person's card instead. */
  card?: () => void;
  /** The badge is known already: only the PIN is asked. */
  known?: string;
}

/** Badge, then PIN: scanned, typed, or with the keys on the screen; a new key asks for both again. */
export function Credentials({ busy, give, touch, card, known = "", children }: Props) {
  const [badge, setBadge] = useState(known);
  const [accepted, setAccepted] = useState(known !== "");
  const [keys, setKeys] = useState(false);
  const [pin, setPin] = useState("");

  /* A field below must not take what is meant for here. */
  useLayoutEffect(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  }, []);

  const again = () => {
    setBadge("");
    setPin("");
    setAccepted(false);
    setKeys(false);
  };

  const acceptBadge = (text: string) => {
    const number = text.trim();
    if (number === "") return;
    setBadge(number);
    setPin("");
    setAccepted(true);
  };
  const press = (key: string) => {
    if (busy) return;
    if (!accepted) {
      if (key === "Enter") acceptBadge(badge);
      else setBadge((text) => typed(text, key, BADGE_LONGEST));
      return;
    }
    if (key === "Escape") again();
    else if (key !== "Enter") setPin((text) => typed(text, key, PIN_LONGEST));
    else if (pin.length >= PIN_SHORTEST) give(badge, pin);
  };
  useWedge({
    scan: (text) => {
      if (busy) return;
      if (accepted && ALL_DIGITS.test(text)) give(badge, text);
      else acceptBadge(text);
    },
    key: press,
  });

  if (!accepted)
    return (
      <div class="credentials">
        <div class="credentials-ask">
          {children}
          {!keys && <BadgeDrawing />}
          <h1>{words.badgeScan}</h1>
          {badge === "" ? (
            <p class="quiet">{words.badgeOr}</p>
          ) : (
            <p class="typed" data-field="badge">
              {badge}
            </p>
          )}
        </div>
        {keys ? (
          <Keypad layout="letters" press={press} canEnter={badge !== ""} />
        ) : (
          <button type="button" class="button credentials-keys" onClick={() => setKeys(true)}>
            {words.badgeKeys}
          </button>
        )}
        {touch !== undefined && !touch.behindBadge && <TouchButton busy={busy} act={() => touch.act("")} />}
        {card !== undefined && (
          <button type="button" class="button credentials-touch" disabled={busy} onClick={card}>
            {busy ? words.cardNow : words.cardInstead}
          </button>
        )}
      </div>
    );
  return (
    <div class="credentials credentials-pin">
      <div class="credentials-ask">
        {children}
        <h1>{words.pinTitle}</h1>
        <p class="quiet">{words.pinFor(badge)}</p>
        <p class="pin" data-field="pin" aria-label={`${pin.length}`}>
          {Array.from({ length: Math.max(pin.length, PIN_SHORTEST) }, (_, i) => (
            <span key={i} class={i < pin.length ? "dot dot-full" : "dot"} />
          ))}
        </p>
        <p class="quiet">{busy ? words.wait : words.pinShort}</p>
        {touch !== undefined && <TouchButton busy={busy} act={() => touch.act(badge)} />}
        <button type="button" class="button" disabled={busy} onClick={again}>
          {words.pinOther}
        </button>
      </div>
      <Keypad layout="digits" press={press} canEnter={pin.length >= PIN_SHORTEST && !busy} />
    </div>
  );
}

function TouchButton({ busy, act }: { busy: boolean; act(): void }) {
  if (!hasKeys()) return null;
  return (
    <button type="button" class="button credentials-touch" disabled={busy} onClick={act}>
      {busy ? words.touchNow : words.touchInstead}
    </button>
  );
}

function BadgeDrawing() {
  return (
    <svg class="badge-drawing" viewBox="0 0 120 150" aria-hidden="true">
      <rect x="10" y="14" width="100" height="128" rx="10" />
      <rect x="46" y="4" width="28" height="16" rx="4" />
      <circle cx="60" cy="56" r="18" />
      <path d="M28 104 Q60 70 92 104" />
      <path d="M28 116 V132 M34 116 V132 M42 116 V132 M46 116 V132 M54 116 V132 M62 116 V132 M66 116 V132 M74 116 V132 M80 116 V132 M88 116 V132 M92 116 V132" />
    </svg>
  );
}

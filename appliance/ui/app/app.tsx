import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { Frame } from "../parts/frame";
import { Closed } from "../screens/closed/closed";
import { words as closed } from "../screens/closed/words";
import { SignIn } from "../screens/sign-in/sign-in";
import { ask, post, type Answers } from "./api";
import { handedIn } from "./handed";
import { Session } from "./session";
import { Work } from "./work";

type Station = Answers["station"];

const PING_MS = 5_000;

/** One bundle for both kinds of origin: /api/station says which one this is. */
export function App({ handed }: { handed: string }) {
  const { code, badge, program, page } = useMemo(() => handedIn(handed), [handed]);
  const [station, setStation] = useState<Station | null>(null);
  const [session, setSession] = useState<Session | null>(null);
  const drop = useCallback(() => setSession(null), []);
  const [redeeming, setRedeeming] = useState(code !== "");

  useEffect(() => {
    const look = async () => {
      const outcome = await ask("get_station", {}, null);
      if (outcome.kind === "answer") setStation(outcome.answer);
    };
    void look();
    const timer = window.setInterval(() => void look(), PING_MS);
    return () => window.clearInterval(timer);
  }, []);

  useEffect(() => {
    if (code === "") return;
    const redeem = async () => {
      const outcome = await post("redeem", JSON.stringify({ code }), null, null);
      if (outcome.kind === "answer") setSession(Session.atDoor(outcome.answer, badge));
      setRedeeming(false);
    };
    void redeem();
  }, [code, badge]);

  if (session !== null && station !== null) {
    return <Work session={session} station={station} page={page} drop={drop} />;
  }
  if (station?.entry === true) return <SignIn station={station} badge={badge} program={program} />;
  return (
    <Frame marking={station} name={station?.station ?? closed.product}>
      <Closed station={station} waiting={redeeming || station === null} />
    </Frame>
  );
}

/** Where people badge in. */
export function entryAddress(station: Station): string {
  return `${location.protocol}//${location.hostname}:${station.entry_port}/`;
}

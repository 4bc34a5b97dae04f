/**
 * For a connector's setting `olderAlgorithms`: algorithms that are not approved, and not broken, which a peer may speak
 * until an instant. The policy of a migration has to accept each; the connector keeps the time by itself.
 */

export interface OlderAlgorithms {
  readonly allowed: readonly string[];
  /** RFC 3339, with its offset. */
  readonly until: string;
}

type Now = () => Date;

/** How often the clock is looked at while something is open: one that is set, or a machine that slept, is noticed. */
const LOOK_MS = 1000;

/** Those that may be spoken at that moment. */
export function allowedAt(older: OlderAlgorithms | undefined, now: Date): readonly string[] {
  return older === undefined || isOver(older, now) ? [] : older.allowed;
}

/** Calls `act` once, at the instant when `older` is over, unless the function it returns was called before. */
export function whenOver(older: OlderAlgorithms, now: Now, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (isOver(older, now())) return act();
    const left = Date.parse(older.until) - now().getTime();
    timer = setTimeout(look, Math.min(LOOK_MS, left)).unref();
  };
  timer = setTimeout(look, 0).unref();
  return () => clearTimeout(timer);
}

/** The same, for a connection that speaks these algorithms: where none of them is an older one it may stay open. */
export function whenSpokenIsOver(
  older: OlderAlgorithms | undefined,
  spoken: readonly (string | undefined)[],
  now: Now,
  act: () => void,
): () => void {
  if (older === undefined || !older.allowed.some((each) => spoken.includes(each))) return () => {};
  return whenOver(older, now, act);
}

function isOver({ until }: OlderAlgorithms, now: Date): boolean {
  return Date.parse(until) <= now.getTime();
}

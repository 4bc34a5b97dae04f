/** How fast a connector may open connections one after the other. */

const MINUTE_MS = 60_000;

/** A token bucket that begins full and holds a minute of refilling: no minute ever sees more than twice the rate. */
export class ConnectionRate {
  readonly perMinuteMax: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledAtMs: number;

  /** `nowMs` never goes back. */
  constructor(perMinuteMax: number, nowMs: () => number) {
    this.perMinuteMax = perMinuteMax;
    this.#nowMs = nowMs;
    this.#tokens = perMinuteMax;
    this.#filledAtMs = nowMs();
  }

  /** Whether one more may be opened now; it is then counted. */
  take(): boolean {
    const nowMs = this.#nowMs();
    const refilled = ((nowMs - this.#filledAtMs) / MINUTE_MS) * this.perMinuteMax;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.perMinuteMax, this.#tokens + refilled);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

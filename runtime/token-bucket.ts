/** A token bucket: how many bytes may move now, under a cap that may change at any time. */

/** 10 s of refilling and one full bucket come to exactly 10 s of the cap: no 10 s ever hold more. */
const REFILL_SHARE = 0.975;
const BUCKET_SECONDS = 0.25;
/** Half a bucket: while a busy process is late to take it, the other half fills. */
const PIECE_SECONDS = BUCKET_SECONDS / 2;

/** Fills at its cap, holds a quarter of a second of it, and starts empty whenever it is capped anew. */
export class Bucket {
  #cap: number | null = null;
  #tokens = 0;
  #atMs = 0;

  get isCapped(): boolean {
    return this.#cap !== null;
  }

  /** The most that moves at once. */
  get pieceMax(): number {
    return this.#cap === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(this.#cap * PIECE_SECONDS));
  }

  limit(cap: number | null, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens = this.#cap === null ? 0 : Math.min(this.#tokens, cap === null ? 0 : cap * BUCKET_SECONDS);
    this.#cap = cap;
  }

  /** How long until so many bytes may move; 0: now. */
  msUntil(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    if (this.#cap === null || this.#tokens >= bytes) return 0;
    return ((bytes - this.#tokens) / (this.#cap * REFILL_SHARE)) * 1000;
  }

  take(bytes: number): void {
    if (this.#cap !== null) this.#tokens -= bytes;
  }

  #fill(nowMs: number): void {
    const seconds = (nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    if (this.#cap === null) return;
    this.#tokens = Math.min(this.#cap * BUCKET_SECONDS, this.#tokens + seconds * this.#cap * REFILL_SHARE);
  }
}

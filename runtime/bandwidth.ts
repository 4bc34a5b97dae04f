/** Bandwidth of one process: token buckets for house, each route and each connection; every byte pays all three. */
import { setMaxListeners } from 'node:events';
import { type BandwidthRules, capsAt, type Connection, NO_CAPS } from '../kernel/bandwidth.ts';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { Bucket } from './token-bucket.ts';

/** Caps change at full minutes of some zone, so that is how often they are looked at. */
const LOOK_EVERY_MS = 60_000;
const WAITING_MAX = 10_000;

export interface BandwidthOptions {
  readonly clock: Clock;
  /**
   * How much of the caps on house and route is for this process, above 0 to 1, so that several keep one cap together; a
   * connection is in one process alone. All of it when left out.
   */
  readonly share?: number | undefined;
  /** Calls `done` after so many milliseconds; setTimeout when left out. */
  readonly after?: ((ms: number, done: () => void) => void) | undefined;
}

/** Waits are ordered by what each connection has moved, so that connections that share a cap share it evenly. */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #after: (ms: number, done: () => void) => void;
  readonly #house = new Bucket();
  readonly #routes = new Map<string, Route>();
  readonly #orders = new Map<string, Order>();
  readonly #waiting = new Set<Wait>();
  /** What the connection served last had moved: one that was idle does not catch up. */
  #turn = 0;
  #minute = -1;
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor({ clock, share = 1, after }: BandwidthOptions) {
    this.#clock = clock;
    this.#share = share;
    this.#after = after ?? ((ms, done) => void setTimeout(done, ms));
  }

  /**
   * From now on the whole route obeys `rules`, whatever it was opened with, until they are changed again; null: those
   * of whoever opened it last. Lowered caps hold from this instant on: no 10 s after it hold more than they allow. An
   * order that is older than the one it knows, by when each came into force (RFC 3339, UTC), changes nothing.
   */
  order(name: string, { rules, since }: Order): void {
    if (since < (this.#orders.get(name)?.since ?? '')) return;
    this.#orders.set(name, { rules, since });
    this.#look();
    this.#serve();
  }

  /** How long something of the route has waited for bandwidth since its first connection was opened. */
  heldMs(name: string): number {
    return this.#routes.get(name)?.held.totalMs(this.#clock.elapsedMs()) ?? 0;
  }

  /** From now on the route obeys these rules if none were ordered; of several for the house the strictest holds. */
  connection(name: string, rules: BandwidthRules): Connection {
    const route = this.#routeOf(name);
    const own = new Bucket();
    const mine: Mine = { route, own, moved: this.#turn };
    route.rules = rules;
    route.own.add(own);
    this.#look();
    this.#serve();
    const isCapped = () => [this.#house, route.bucket, own].some((bucket) => bucket.isCapped);
    const pieces = (bytes: Uint8Array, signal: AbortSignal) => this.#pieces(mine, bytes, signal);
    return {
      get isCapped() {
        return isCapped();
      },
      pieces,
      close: () => {
        route.own.delete(own);
        if (route.own.size === 0 && this.#routes.get(name) === route) this.#routes.delete(name);
        this.#look();
        this.#serve();
      },
    };
  }

  async *#pieces(mine: Mine, bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; ) {
      const granted = await this.#take(mine, bytes.byteLength - at, signal);
      yield bytes.subarray(at, at + granted);
      at += granted;
    }
  }

  #take(mine: Mine, bytes: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#waiting.size >= WAITING_MAX) throw overloaded();
    mine.moved = Math.max(mine.moved, this.#turn);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(wait);
        mine.route.held.end(this.#clock.elapsedMs());
      };
      const abandon = (): void => {
        leave();
        reject(signal.reason);
        this.#serve();
      };
      const grant = (granted: number): void => {
        leave();
        signal.removeEventListener('abort', abandon);
        resolve(granted);
      };
      const wait: Wait = { mine, bytes, grant };
      setMaxListeners(0, signal);
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.add(wait);
      mine.route.held.begin(this.#clock.elapsedMs());
      this.#serve();
    });
  }

  /** Whoever moved least goes first; what its buckets lack is saved up for it, and nobody goes before it. */
  #serve(): void {
    const now = this.#clock.elapsedMs();
    if (this.#minuteOf(this.#clock.now()) !== this.#minute) this.#look();
    const short = new Set<Bucket>();
    let waitMs = Number.POSITIVE_INFINITY;
    for (const wait of [...this.#waiting].sort((one, other) => one.mine.moved - other.mine.moved)) {
      const { mine, grant } = wait;
      const buckets = [this.#house, mine.route.bucket, mine.own];
      const bytes = Math.min(wait.bytes, ...buckets.map(({ pieceMax }) => pieceMax));
      const lacking = buckets.filter((each) => short.has(each) || each.msUntil(bytes, now) > 0);
      if (lacking.length === 0) {
        for (const each of buckets) each.take(bytes);
        this.#turn = mine.moved;
        mine.moved += bytes;
        grant(bytes);
        continue;
      }
      for (const each of lacking) {
        short.add(each);
        waitMs = Math.min(waitMs, Math.max(1, each.msUntil(bytes, now)));
      }
    }
    if (short.size > 0) this.#wake(Math.ceil(waitMs), now);
  }

  /** One alarm counts at a time: the earliest. Those it took the place of ring for nothing. */
  #wake(ms: number, now: number): void {
    const at = now + ms;
    if (this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#after(ms, () => {
      if (this.#alarmAt !== at) return;
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#serve();
    });
  }

  #minuteOf(at: Date): number {
    return Math.floor(at.getTime() / LOOK_EVERY_MS);
  }

  /** Which caps are in force. */
  #look(): void {
    const now = this.#clock.elapsedMs();
    const at = this.#clock.now();
    this.#minute = this.#minuteOf(at);
    let house = Number.POSITIVE_INFINITY;
    for (const [name, route] of this.#routes) {
      const caps = capsAt(this.#orders.get(name)?.rules ?? route.rules, at);
      house = Math.min(house, caps.house ?? house);
      route.bucket.limit(caps.route === null ? null : caps.route * this.#share, now);
      for (const own of route.own) own.limit(caps.connection, now);
    }
    this.#house.limit(Number.isFinite(house) ? house * this.#share : null, now);
  }

  #routeOf(name: string): Route {
    const known = this.#routes.get(name);
    if (known !== undefined) return known;
    const fresh: Route = {
      rules: NO_CAPS,
      bucket: new Bucket(),
      own: new Set(),
      held: new Held(),
    };
    this.#routes.set(name, fresh);
    return fresh;
  }
}

/** Caps that were decided; null: those of the policy again. */
export interface Order {
  readonly rules: BandwidthRules | null;
  readonly since: string;
}

interface Route {
  rules: BandwidthRules;
  readonly bucket: Bucket;
  readonly own: Set<Bucket>;
  readonly held: Held;
}

interface Mine {
  readonly route: Route;
  readonly own: Bucket;
  moved: number;
}

interface Wait {
  readonly mine: Mine;
  readonly bytes: number;
  readonly grant: (granted: number) => void;
}

/** How long at least one was waiting. */
class Held {
  #waiting = 0;
  #sinceMs = 0;
  #beforeMs = 0;

  begin(nowMs: number): void {
    if (this.#waiting === 0) this.#sinceMs = nowMs;
    this.#waiting += 1;
  }

  end(nowMs: number): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#beforeMs += nowMs - this.#sinceMs;
  }

  totalMs(nowMs: number): number {
    return this.#beforeMs + (this.#waiting === 0 ? 0 : nowMs - this.#sinceMs);
  }
}

function overloaded(): Fault {
  return new Fault({
    code: 'HOST_OVERLOADED',
    retry: 'transient',
    message: `more than ${WAITING_MAX} transfers wait for bandwidth`,
  });
}

/** An opened connector of its own process, which is started again when it ended. */
import { ConnectorError, type Target } from '../../sdk/index.ts';
import { Broker } from './broker.ts';
import { Offers } from './offers.ts';
import { startIsolated, type IsolatedPackage, type IsolatedProcess } from './process.ts';
import type { Rooms } from './rooms.ts';
import { limitedLog, servicesOf, type LentContext } from './services.ts';
import { explaining } from './unlisted.ts';

/** How often one opened connector may be started again before it is given up. */
const STARTS_MAX = 5;
/** How long something that was stopped may take to stop before its process is ended. */
const STOP_MAX_MS = 2_000;

/** Settles like `work`; where that does not end with the signal, the process does. */
export async function untilStopped<T>(started: IsolatedProcess, work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    timer = setTimeout(() => started.end(), STOP_MAX_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** What its process is asked to open. */
interface Opening {
  readonly role: string;
  readonly config: unknown;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What an opened connector was opened with; its process is started again when it ended. */
export class Endpoint {
  readonly #from: IsolatedPackage;
  readonly #opening: Opening;
  readonly #context: LentContext;
  readonly offers = new Offers();
  #starts = 0;
  #started: Promise<LentProcess> | undefined;
  facts: {
    readonly hasListFrom?: boolean;
    readonly hasListing?: boolean;
    readonly hasChart?: boolean;
    readonly hasRecordsByKey?: boolean;
    readonly decimals?: 'kept' | 'normalised' | undefined;
    readonly hasAcknowledgement?: boolean;
    readonly withheld?: Target['withheld'];
  } = {};

  constructor(from: IsolatedPackage, opening: Opening, context: LentContext) {
    this.#from = from;
    this.#opening = opening;
    this.#context = context;
  }

  async call(method: string, value: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const started = await this.#process(signal);
    const why = explaining(started.broker, this.#opening.config);
    return untilStopped(started, started.link.call(method, value, signal), signal).catch((error: unknown) => {
      throw this.#explain(started, why(error), method);
    });
  }

  /** With `rooms`, whoever reads is done with bytes before the next are asked for: those overwrite them. */
  async *stream(method: string, value: unknown, signal: AbortSignal, rooms?: Rooms): AsyncGenerator<unknown> {
    signal.throwIfAborted();
    const started = await this.#process(signal);
    const why = explaining(started.broker, this.#opening.config);
    const groups = started.link.groups(method, value, signal, rooms);
    try {
      for (;;) {
        const next = await untilStopped(started, groups.next(), signal);
        if (next.done === true) return;
        for (const each of next.value) yield each;
      }
    } catch (error) {
      throw this.#explain(started, why(error), method);
    } finally {
      groups.return([]).catch(() => {});
    }
  }

  open(signal: AbortSignal): Promise<LentProcess> {
    return this.#process(signal);
  }

  async close(): Promise<void> {
    const started = await this.#started?.catch(() => undefined);
    if (started === undefined || started.ended.aborted) return;
    const signal = AbortSignal.timeout(STOP_MAX_MS);
    await untilStopped(started, started.link.call('close', {}, signal), signal).catch(() => {});
    started.end();
  }

  async #process(signal: AbortSignal): Promise<LentProcess> {
    const before = await this.#started?.catch(() => undefined);
    if (before !== undefined && !before.ended.aborted) return before;
    if (this.#starts >= STARTS_MAX) throw new Error('the connector ended again and again');
    this.#starts++;
    this.#started = this.#start(signal);
    return this.#started;
  }

  async #start(signal: AbortSignal): Promise<LentProcess> {
    await this.#from.requireSame?.();
    const started = startLent(this.#from, this.#context, this.offers);
    const why = explaining(started.broker, this.#opening.config);
    try {
      const opening = started.link.call('open', this.#opening, signal);
      this.facts = (await untilStopped(started, opening, signal)) as typeof this.facts;
      return started;
    } catch (error) {
      const explained = this.#explain(started, why(error), 'open');
      started.end();
      throw explained;
    }
  }

  /** A process that is gone takes its own work with it, and nobody else's. */
  #explain(started: IsolatedProcess, error: unknown, method: string): unknown {
    if (!started.ended.aborted || error instanceof ConnectorError) return error;
    const code = method === 'commit' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE';
    return new ConnectorError(code, `the process of the connector ended during ${method}`);
  }
}

/** A process, and who connects for it. */
export interface LentProcess extends IsolatedProcess {
  readonly broker: Broker;
}

/** Starts a process that may ask for what is lent; its connections end with it. */
export function startLent(from: IsolatedPackage, context: LentContext, offers: Offers): LentProcess {
  const { network: allowed = [], connectionsPerMinuteMax, wireMaxBytes } = context;
  const log = limitedLog(context);
  const broker = new Broker({ allowed, log, connectionsPerMinuteMax, wireMaxBytes });
  const why = (reason: string): void => context.log('connector-process-ended', { reason });
  const started = startIsolated(from, (link) => servicesOf(context, { log, link, offers, broker }), why);
  started.ended.addEventListener('abort', () => broker.close(), { once: true });
  return { ...started, broker };
}

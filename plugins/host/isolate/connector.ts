/** A connector that runs in processes of its own, as the host sees any other. */
import {
  ConnectorError,
  type Acknowledgement,
  type Connector,
  type ConnectorContext,
  type Item,
  type Receipt,
  type Source,
  type Staged,
  type StandardSchema,
  type Target,
  type TargetRecord,
} from '../../sdk/index.ts';
import { ISOLATION, startIsolated, type IsolatedPackage, type IsolatedProcess } from './process.ts';
import type { Link, Services } from './link.ts';

/** How often one opened connector may be started again before it is given up. */
const STARTS_MAX = 5;
/** How long something that was stopped may take to stop before its process is ended. */
const STOP_MAX_MS = 2_000;
const DESCRIBE_MAX_MS = 30_000;
/** What one opened connector may log; more is dropped. */
const LOGS_MAX = 1_000;

export type Log = (fact: string, facts: Readonly<Record<string, string | number>>) => void;

/** Starts the package once to hear what it is. None of its code ever runs in this process. */
export async function isolatedConnector(from: IsolatedPackage, log: Log): Promise<Connector> {
  const said = await briefly(from, NOBODY, 'describe', {});
  const described = said as Omit<Connector, 'config' | 'check' | 'openSource' | 'openTarget'>;
  log('connector-isolated', { connector: described.id, isolation: ISOLATION });
  const endpoint = (role: string, config: unknown, context: ConnectorContext) =>
    new Endpoint(from, { role, config, secrets: secretsOf(described.secrets, context) }, context);
  return {
    ...described,
    config: schemaOf(from),
    check: async (config, context, signal) => {
      const asked = { config, secrets: secretsOf(described.secrets, context) };
      return (await briefly(from, servicesOf(context), 'check', asked, signal)) as Record<string, string>;
    },
    ...(described.roles.includes('source') && {
      openSource: (config, context, signal) => sourceOf(endpoint('source', config, context), signal),
    }),
    ...(described.roles.includes('target') && {
      openTarget: (config, context, signal) => targetOf(endpoint('target', config, context), signal),
    }),
  };
}

function schemaOf(from: IsolatedPackage): StandardSchema<unknown> {
  const validate = async (value: unknown) => {
    const issues = await briefly(from, NOBODY, 'validate', { config: value });
    // The settings go on as they came: only its own process knows what its schema makes of them.
    return issues === undefined || issues === null ? { value } : { issues: issues as { readonly message: string }[] };
  };
  return { '~standard': { version: 1, vendor: 'waybill', validate } };
}

/** One call in a process that ends with it. */
async function briefly(
  from: IsolatedPackage,
  services: Services,
  method: string,
  value: unknown,
  signal: AbortSignal = AbortSignal.timeout(DESCRIBE_MAX_MS),
): Promise<unknown> {
  const started = startIsolated(
    from,
    () => services,
    () => {},
  );
  try {
    return await untilStopped(started, started.link.call(method, value, signal), signal);
  } finally {
    started.end();
  }
}

/** Settles like `work`; where that does not end with the signal, the process does. */
async function untilStopped<T>(started: IsolatedProcess, work: Promise<T>, signal: AbortSignal): Promise<T> {
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

/** What an opened connector was opened with; its process is started again when it ended. */
class Endpoint {
  readonly #from: IsolatedPackage;
  readonly #opening: unknown;
  readonly #context: ConnectorContext;
  readonly offered = new Map<number, AsyncIterable<unknown>>();
  #starts = 0;
  #offers = 0;
  #started: Promise<IsolatedProcess> | undefined;
  facts: {
    readonly hasListFrom?: boolean;
    readonly hasListing?: boolean;
    readonly hasChart?: boolean;
    readonly decimals?: 'kept' | 'normalised' | undefined;
    readonly hasAcknowledgement?: boolean;
    readonly withheld?: Target['withheld'];
  } = {};

  constructor(from: IsolatedPackage, opening: unknown, context: ConnectorContext) {
    this.#from = from;
    this.#opening = opening;
    this.#context = context;
  }

  async call(method: string, value: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const started = await this.#process(signal);
    return untilStopped(started, started.link.call(method, value, signal), signal).catch((error: unknown) => {
      throw this.#explain(started, error, method);
    });
  }

  async *stream(method: string, value: unknown, signal: AbortSignal): AsyncGenerator<unknown> {
    signal.throwIfAborted();
    const started = await this.#process(signal);
    const groups = started.link.groups(method, value, signal);
    try {
      for (;;) {
        const next = await untilStopped(started, groups.next(), signal);
        if (next.done === true) return;
        for (const each of next.value) yield each;
      }
    } catch (error) {
      throw this.#explain(started, error, method);
    } finally {
      groups.return([]).catch(() => {});
    }
  }

  offer(bytes: AsyncIterable<unknown>): number {
    this.offered.set(this.#offers, bytes);
    return this.#offers++;
  }

  open(signal: AbortSignal): Promise<IsolatedProcess> {
    return this.#process(signal);
  }

  async close(): Promise<void> {
    const started = await this.#started?.catch(() => undefined);
    if (started === undefined || started.ended.aborted) return;
    const signal = AbortSignal.timeout(STOP_MAX_MS);
    await untilStopped(started, started.link.call('close', {}, signal), signal).catch(() => {});
    started.end();
  }

  async #process(signal: AbortSignal): Promise<IsolatedProcess> {
    const before = await this.#started?.catch(() => undefined);
    if (before !== undefined && !before.ended.aborted) return before;
    if (this.#starts >= STARTS_MAX) throw new Error('the connector ended again and again');
    this.#starts++;
    this.#started = this.#start(signal);
    return this.#started;
  }

  async #start(signal: AbortSignal): Promise<IsolatedProcess> {
    const services = (link: () => Link) => servicesOf(this.#context, this.offered, link);
    const why = (reason: string): void => this.#context.log('connector-process-ended', { reason });
    const started = startIsolated(this.#from, services, why);
    try {
      const opening = started.link.call('open', this.#opening, signal);
      this.facts = (await untilStopped(started, opening, signal)) as typeof this.facts;
      return started;
    } catch (error) {
      started.end();
      throw this.#explain(started, error, 'open');
    }
  }

  /** A process that is gone takes its own work with it, and nobody else's. */
  #explain(started: IsolatedProcess, error: unknown, method: string): unknown {
    if (!started.ended.aborted || error instanceof ConnectorError) return error;
    const code = method === 'commit' ? 'OUTCOME_UNKNOWN' : 'UNAVAILABLE';
    return new ConnectorError(code, `the process of the connector ended during ${method}`);
  }
}

async function sourceOf(endpoint: Endpoint, signal: AbortSignal): Promise<Source> {
  await endpoint.open(signal);
  return {
    list: (inner) => endpoint.stream('list', {}, inner) as AsyncIterable<Item>,
    ...(endpoint.facts.hasListFrom === true && {
      listFrom: (path, inner) => endpoint.stream('listFrom', { path }, inner) as AsyncIterable<Item>,
    }),
    read: (path, offsetBytes, inner) =>
      endpoint.stream('read', { path, offsetBytes }, inner) as AsyncIterable<Uint8Array>,
    close: () => endpoint.close(),
  };
}

async function targetOf(endpoint: Endpoint, signal: AbortSignal): Promise<Target> {
  await endpoint.open(signal);
  const { decimals, hasAcknowledgement, hasChart, hasListing, withheld } = endpoint.facts;
  const ask = <T>(method: string, value: unknown, inner: AbortSignal) =>
    endpoint.call(method, value, inner) as Promise<T>;
  return {
    stat: async (parcel, inner) => (await ask<Receipt | null | undefined>('stat', { parcel }, inner)) ?? undefined,
    stage: (parcel, bytes, inner) => {
      const offer = endpoint.offer(bytes);
      return ask<Staged>('stage', { parcel, offer }, inner).finally(() => endpoint.offered.delete(offer));
    },
    commit: (parcel, staged, inner) => ask<Receipt>('commit', { parcel, staged }, inner),
    discard: (staged, inner) => ask<void>('discard', { staged }, inner),
    read: (path, offsetBytes, inner) =>
      endpoint.stream('read', { path, offsetBytes }, inner) as AsyncIterable<Uint8Array>,
    close: () => endpoint.close(),
    ...(hasAcknowledgement === true && {
      acknowledgement: (targetId, inner) => ask<Acknowledgement>('acknowledgement', { path: targetId }, inner),
    }),
    ...(withheld && { withheld }),
    ...(decimals && { decimals }),
    ...(hasListing === true && {
      listing: {
        items: (inner) => endpoint.stream('items', {}, inner) as AsyncIterable<TargetRecord>,
        records: (type, inner) => records(endpoint.stream('records', { type }, inner)),
        ...(hasChart === true && {
          chart: (path, types, inner) => records(endpoint.stream('chart', { path, types }, inner)),
        }),
      },
    }),
  };
}

async function* records(told: AsyncIterable<unknown>): AsyncGenerator<TargetRecord> {
  for await (const each of told) {
    const { content, ...rest } = each as TargetRecord & { readonly content?: unknown };
    yield { ...rest, ...(typeof content === 'string' && { content: Buffer.from(content, 'base64') }) };
  }
}

function secretsOf(names: readonly string[], context: ConnectorContext): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const name of names) {
    try {
      secrets[name] = context.secret(name);
    } catch {
      // The plan names none of this name; the connector hears so when it asks.
    }
  }
  return secrets;
}

const NOBODY: Services = {
  call: () => Promise.reject(new Error('there is no such call')),
  stream: () => {
    throw new Error('there is no such stream');
  },
};

/** What the host does for a connector in its own process. */
function servicesOf(
  context: ConnectorContext,
  offered: ReadonlyMap<number, AsyncIterable<unknown>> = new Map(),
  link?: () => Link,
): Services {
  let logs = 0;
  const log = (fact: string, facts: Readonly<Record<string, string>> | undefined): void => {
    logs++;
    if (logs <= LOGS_MAX) context.log(fact, facts);
    if (logs === LOGS_MAX) context.log('connector-log-full', { logs });
  };
  return {
    call: async (method, value) => {
      const { fact, facts, key, offer } = value as {
        fact: string;
        facts?: Record<string, string>;
        key: string;
        offer: number;
      };
      if (method === 'log') return log(String(fact), facts);
      if (method === 'spool.remove') return context.spool.remove(String(key));
      if (method !== 'spool.write' || link === undefined) throw new Error('there is no such call');
      return context.spool.write(String(key), link().stream('bytes', { offer }) as AsyncIterable<Uint8Array>);
    },
    stream: (method, value) => {
      const { key, offer } = value as { key: string; offer: number };
      if (method === 'spool.read') return context.spool.read(String(key));
      const bytes = method === 'bytes' ? offered.get(offer) : undefined;
      if (bytes !== undefined) return bytes;
      throw new Error('there is no such stream');
    },
  };
}

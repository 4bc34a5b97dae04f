/** The process a third-party connector runs in: it has this file, the contract, its own package and one socket. */
import { Socket } from 'node:net';
import type { Connector, ConnectorContext, Parcel, Source, Staged, Target, TargetRecord } from '../../sdk/index.ts';
import { ConnectorError } from '../../sdk/error.ts';
import { dialThroughHost } from './dial.ts';
import { Link } from './link.ts';
import { Offers } from './offers.ts';
import { Shelf } from './shelf.ts';

const SOCKET_FD = 3;
const [entry = '', shelf] = process.argv.slice(2);

const loading = Promise.withResolvers<Connector>();
let endpoint: (Partial<Source> & Partial<Target>) | undefined;
/** What the host takes from us: bytes to be spooled, or to be sent. */
const offers = new Offers();
let logged: Promise<unknown> = Promise.resolve();
const link = new Link(
  (onread) => new Socket({ fd: SOCKET_FD, onread }),
  { call: answered, stream },
  () => process.exit(0),
  shelf === undefined ? undefined : new Shelf(Number(shelf), 'connector'),
);
dialThroughHost(link, offers);

const context: ConnectorContext = {
  secret: (name) => {
    const value = secrets[name];
    if (value === undefined) throw new ConnectorError('CONFIG_INVALID', `no secret ${name}; name it in the plan`);
    return value;
  },
  spool: {
    write: async (key, bytes, lasting) => {
      return (await link.call('spool.write', { key, offer: offers.add(bytes), lasting })) as number;
    },
    read: (key) => link.stream('spool.read', { key }) as AsyncIterable<Uint8Array>,
    remove: async (key) => void (await link.call('spool.remove', { key })),
  },
  // One after the other: the host hears no more at once than it can.
  log: (fact, facts) => {
    logged = logged.then(() => link.call('log', { fact, facts })).catch(() => {});
  },
  now: () => new Date(performance.timeOrigin + performance.now()),
};
let secrets: Readonly<Record<string, string>> = {};
loading.resolve(((await import(entry)) as { readonly default: Connector }).default);

/** What calls carry; each call has the parts it needs. */
interface Asked {
  readonly config: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  readonly role: 'source' | 'target';
  readonly parcel: Parcel;
  readonly staged: Staged;
  readonly path: string;
  readonly offsetBytes: number;
  readonly type: string;
  readonly types: readonly string[];
  readonly keys: readonly string[];
  readonly offer: number;
}

/** What it logged is heard before its answer is: after some answers nobody listens any more. */
async function answered(method: string, value: unknown, signal: AbortSignal): Promise<unknown> {
  try {
    return await call(method, value, signal);
  } finally {
    await logged;
  }
}

async function call(method: string, value: unknown, signal: AbortSignal): Promise<unknown> {
  const connector = await loading.promise;
  const asked = value as Asked;
  switch (method) {
    case 'describe': {
      const { apiVersion, id, title, version, roles, capabilities } = connector;
      return { apiVersion, id, title, version, roles, capabilities, secrets: connector.secrets };
    }
    case 'validate': {
      const { issues } = await connector.config['~standard'].validate(asked.config);
      return issues?.map(({ message, path }) => ({ message, path: path?.map(String) }));
    }
    case 'check':
      secrets = asked.secrets;
      return connector.check(await configOf(connector, asked.config), context, signal);
    case 'open':
      secrets = asked.secrets;
      return open(connector, asked, signal);
    case 'stat':
      return endpoint?.stat?.(asked.parcel, signal);
    case 'stage': {
      const bytes = link.stream('bytes', { offer: asked.offer }) as AsyncIterable<Uint8Array>;
      return endpoint?.stage?.(asked.parcel, bytes, signal);
    }
    case 'commit':
      return endpoint?.commit?.(asked.parcel, asked.staged, signal);
    case 'acknowledgement':
      return endpoint?.acknowledgement?.(asked.path, signal);
    case 'discard':
      return endpoint?.discard?.(asked.staged, signal);
    case 'close':
      return endpoint?.close?.();
    default:
      throw new Error('there is no such call');
  }
}

function stream(method: string, value: unknown, signal: AbortSignal): AsyncIterable<unknown> {
  const asked = value as Asked;
  switch (method) {
    case 'list':
      return endpoint?.list?.(signal) ?? nothing();
    case 'listFrom':
      return endpoint?.listFrom?.(asked.path, signal) ?? nothing();
    case 'read':
      return endpoint?.read?.(asked.path, asked.offsetBytes, signal) ?? nothing();
    case 'items':
      return endpoint?.listing?.items(signal) ?? nothing();
    case 'records':
      return written(endpoint?.listing?.records(asked.type, signal) ?? nothing());
    case 'recordsByKey':
      return written(endpoint?.listing?.recordsByKey?.(asked.type, asked.keys, signal) ?? nothing());
    case 'chart':
      return written(endpoint?.listing?.chart?.(asked.path, asked.types, signal) ?? nothing());
    case 'bytes':
      return offers.take(asked.offer) ?? nothing();
    default:
      throw new Error('there is no such stream');
  }
}

async function open(connector: Connector, { role, config: raw }: Asked, signal: AbortSignal) {
  const config = await configOf(connector, raw);
  endpoint =
    role === 'source'
      ? await connector.openSource?.(config, context, signal)
      : await connector.openTarget?.(config, context, signal);
  const { acknowledgement, decimals, listFrom, listing, withheld } = endpoint ?? {};
  const shows = { hasChart: listing?.chart !== undefined, hasRecordsByKey: listing?.recordsByKey !== undefined };
  const has = { hasListFrom: listFrom !== undefined, hasListing: listing !== undefined, ...shows };
  return { ...has, hasAcknowledgement: acknowledgement !== undefined, withheld, decimals };
}

async function configOf(connector: Connector, raw: unknown): Promise<unknown> {
  const validated = await connector.config['~standard'].validate(raw);
  if (validated.issues === undefined) return validated.value;
  throw new ConnectorError('CONFIG_INVALID', 'the settings are refused');
}

/** Contents as text: a frame has room for one run of bytes. */
async function* written(records: AsyncIterable<TargetRecord>): AsyncGenerator<unknown> {
  for await (const { content, ...rest } of records) {
    yield { ...rest, ...(content && { content: Buffer.from(content).toString('base64') }) };
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** A connector that runs in processes of its own, as the host sees any other. */
import type {
  Acknowledgement,
  Connector,
  ConnectorContext,
  Item,
  Receipt,
  Source,
  Staged,
  StandardSchema,
  TargetRecord,
} from '../../sdk/index.ts';
import { withAuthority } from './authority.ts';
import { Endpoint, startLent, untilStopped } from './endpoint.ts';
import { Offers } from './offers.ts';
import { startIsolated, type IsolatedPackage, type IsolatedProcess } from './process.ts';
import { Rooms, SCAN, type ScannedTarget } from './rooms.ts';
import { NOBODY, secretsOf } from './services.ts';
import { explaining } from './unlisted.ts';

const DESCRIBE_MAX_MS = 30_000;
/** Settings that are remembered as sound. */
const SOUND_MAX = 100;

/** Starts the package once to hear what it is. None of its code ever runs in this process. */
export async function isolatedConnector(from: IsolatedPackage): Promise<Connector> {
  const said = await briefly(alone(from), 'describe', {});
  const described = said as Omit<Connector, 'config' | 'check' | 'openSource' | 'openTarget'>;
  const asked = async (config: unknown, context: ConnectorContext) => {
    return { config: await withAuthority(config), secrets: secretsOf(described.secrets, context) };
  };
  const endpoint = async (role: string, config: unknown, context: ConnectorContext) =>
    new Endpoint(from, { role, ...(await asked(config, context)) }, context);
  return {
    ...described,
    config: schemaOf(from),
    check: async (config, context, signal) => {
      const given = await asked(config, context);
      await from.requireSame?.();
      const started = startLent(from, context, new Offers());
      const why = explaining(started.broker, given.config);
      const said = briefly(started, 'check', given, signal);
      return (await said.catch((error: unknown) => Promise.reject(why(error)))) as Record<string, string>;
    },
    ...(described.roles.includes('source') && {
      openSource: async (config, context, signal) => sourceOf(await endpoint('source', config, context), signal),
    }),
    ...(described.roles.includes('target') && {
      openTarget: async (config, context, signal) => targetOf(await endpoint('target', config, context), signal),
    }),
  };
}

function schemaOf(from: IsolatedPackage): StandardSchema<unknown> {
  const sound = new Set<string>();
  const validate = async (value: unknown) => {
    const text = JSON.stringify(value);
    if (sound.has(text)) return { value };
    await from.requireSame?.();
    const issues = await briefly(alone(from), 'validate', { config: value });
    if (issues !== undefined && issues !== null) return { issues: issues as { readonly message: string }[] };
    // A process is not started to hear it again; the one that opens them judges them for itself.
    if (sound.size >= SOUND_MAX) sound.clear();
    sound.add(text);
    // The settings go on as they came: only its own process knows what its schema makes of them.
    return { value };
  };
  return { '~standard': { version: 1, vendor: 'waybill', validate } };
}

/** A process that is lent nothing. */
function alone(from: IsolatedPackage): IsolatedProcess {
  return startIsolated(
    from,
    () => NOBODY,
    () => {},
  );
}

/** One call in a process that ends with it. */
async function briefly(
  started: IsolatedProcess,
  method: string,
  value: unknown,
  signal: AbortSignal = AbortSignal.timeout(DESCRIBE_MAX_MS),
): Promise<unknown> {
  try {
    return await untilStopped(started, started.link.call(method, value, signal), signal);
  } finally {
    started.end();
  }
}

async function sourceOf(endpoint: Endpoint, signal: AbortSignal): Promise<Source> {
  await endpoint.open(signal);
  return {
    list: (inner) => endpoint.stream('list', {}, inner) as AsyncIterable<Item>,
    ...(endpoint.facts.hasListFrom === true && {
      listFrom: (path, inner) => endpoint.stream('listFrom', { path }, inner) as AsyncIterable<Item>,
    }),
    read: readingBy(endpoint),
    close: () => endpoint.close(),
  };
}

/** A source and a target are read alike, and into memory that is used again where `rooms` are made. */
function readingBy(endpoint: Endpoint, rooms?: () => Rooms): Source['read'] {
  return (path, offsetBytes, inner) =>
    endpoint.stream('read', { path, offsetBytes }, inner, rooms?.()) as AsyncIterable<Uint8Array>;
}

async function targetOf(endpoint: Endpoint, signal: AbortSignal): Promise<ScannedTarget> {
  await endpoint.open(signal);
  const { decimals, hasAcknowledgement, hasChart, hasListing, hasRecordsByKey, withheld } = endpoint.facts;
  const ask = <T>(method: string, value: unknown, inner: AbortSignal) =>
    endpoint.call(method, value, inner) as Promise<T>;
  return {
    stat: async (parcel, inner) => (await ask<Receipt | null | undefined>('stat', { parcel }, inner)) ?? undefined,
    stage: (parcel, bytes, inner) => {
      const offer = endpoint.offers.add(bytes);
      return ask<Staged>('stage', { parcel, offer }, inner).finally(() => endpoint.offers.withdraw(offer));
    },
    commit: (parcel, staged, inner) => ask<Receipt>('commit', { parcel, staged }, inner),
    discard: (staged, inner) => ask<void>('discard', { staged }, inner),
    read: readingBy(endpoint),
    [SCAN]: readingBy(endpoint, () => new Rooms()),
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
        ...(hasRecordsByKey === true && {
          recordsByKey: (type, keys, inner) => records(endpoint.stream('recordsByKey', { type, keys }, inner)),
        }),
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

/** Running a scenario against a fresh place. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector, ConnectorContext, Spool } from '../connector.ts';
import { ConnectorError } from '../error.ts';
import { reasonFor, requireLent, type Harness, type Trouble } from './harness.ts';
import type { Scenario, Stage } from './scenario.ts';

/** How one scenario ended. */
export type Verdict = { readonly name: string; readonly promise: string } & (
  | { readonly result: 'passed' }
  | { readonly result: 'failed'; readonly why: string }
  | { readonly result: 'skipped'; readonly because: string }
);

/** Why this scenario does not apply: what the connector declares, or what the harness says it cannot lend. */
export function reasonToSkip(scenario: Scenario, connector: Connector, harness: Harness): string | undefined {
  const reasons = (scenario.needs ?? []).map((means) => reasonFor(means, connector, harness));
  return scenario.unless?.(connector) ?? reasons.find((reason) => reason !== undefined);
}

/** Runs the scenarios one after the other, each in a place of its own. */
export async function assess(
  connector: Connector,
  harness: Harness,
  scenarios: readonly Scenario[],
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const scenario of scenarios) verdicts.push(await judge(scenario, connector, harness));
  return verdicts;
}

/** Runs one scenario, unless there is a reason not to. */
export async function judge(scenario: Scenario, connector: Connector, harness: Harness): Promise<Verdict> {
  const { name, promise } = scenario;
  const because = reasonToSkip(scenario, connector, harness);
  if (because !== undefined) return { name, promise, result: 'skipped', because };
  return { name, promise, ...(await outcomeOf(scenario, connector, harness)) };
}

async function outcomeOf(scenario: Scenario, connector: Connector, harness: Harness) {
  try {
    await perform(scenario, connector, harness);
    return { result: 'passed' } as const;
  } catch (error) {
    return { result: 'failed', why: error instanceof Error ? error.message : String(error) } as const;
  }
}

/** Opens a place, runs the scenario in it, and takes both away again. Fails with what the connector did wrong. */
export async function perform(scenario: Scenario, connector: Connector, harness: Harness): Promise<void> {
  const place = await harness.open();
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(each: T): T => {
    opened.push(each);
    return each;
  };
  const logged: string[] = [];
  const spool = await mkdtemp(join(tmpdir(), 'waybill-kit-'));
  const fleeting = new Set<string>();
  const context = contextFor(place.secrets, logged, spool, fleeting);
  const trouble = async (wanted: Trouble): Promise<unknown> => {
    if (place.trouble !== undefined) return (await place.trouble(wanted)) ?? place.config;
    throw new Error(`the harness plants no ${wanted.kind} and does not say under \`cannot\` why not`);
  };
  try {
    requireLent(scenario.needs ?? [], connector, harness, place);
    const config = await configOf(connector, place.config);
    const stage: Stage = {
      connector,
      harness,
      place,
      config,
      context,
      logged,
      trouble,
      source: async () => keep(await present(connector.openSource?.(config, context, never()))),
      forget: async () => {
        for (const key of fleeting) await context.spool.remove(key);
      },
      target: async () => keep(await present(connector.openTarget?.(config, context, never()))),
    };
    await scenario.run(stage);
  } finally {
    await place.over?.();
    for (const each of opened) await each.close();
    await place.remove();
    await rm(spool, { recursive: true, force: true });
  }
}

/** A signal that never fires. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** The configuration as the connector's own schema understands it. */
export async function configOf(connector: Connector, raw: unknown): Promise<unknown> {
  const validated = await connector.config['~standard'].validate(raw);
  if (validated.issues === undefined) return validated.value;
  throw new Error(`the harness offers an invalid configuration: ${validated.issues.map((i) => i.message).join('; ')}`);
}

/** What the host would lend. What is logged goes to `logged`, what is spooled into `folder`; `fleeting` says what. */
export function contextFor(
  secrets: Readonly<Record<string, string>>,
  logged: string[] = [],
  folder: string = tmpdir(),
  fleeting: Set<string> = new Set(),
): ConnectorContext {
  return {
    secret: (name) => {
      const value = secrets[name];
      if (value === undefined) throw new ConnectorError('CONFIG_INVALID', `no secret ${name}`);
      return value;
    },
    spool: folderSpool(folder, fleeting),
    log: (fact, facts) => {
      logged.push(JSON.stringify({ fact, ...facts }));
    },
    now: () => new Date('2026-01-01T00:00:00.000Z'),
  };
}

function folderSpool(folder: string, fleeting: Set<string>): Spool {
  const placeOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex'));
  return {
    write: async (key, bytes, lasting) => {
      await writeFile(placeOf(key), bytes);
      if (lasting === 'fleeting') fleeting.add(key);
      else fleeting.delete(key);
      return (await stat(placeOf(key))).size;
    },
    async *read(key) {
      try {
        yield* createReadStream(placeOf(key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        throw new ConnectorError('ITEM_NOT_FOUND', 'the spool holds nothing under this key');
      }
    },
    remove: async (key) => rm(placeOf(key), { force: true }),
  };
}

function present<T>(opening: Promise<T> | undefined): Promise<T> {
  return opening ?? Promise.reject(new Error('the connector declares a role that it does not open'));
}

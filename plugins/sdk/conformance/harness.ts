/** What a connector's own test lends to the conformance kit, and how the kit runs a rule. */
import type { Connector, ConnectorContext, Spool } from '../connector.ts';
import { ConnectorError } from '../error.ts';
import type { Source } from '../source.ts';
import type { Target } from '../target.ts';
import { concat } from './expect.ts';

/** The test functions of jest or node:test. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  readonly test: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

/** A real, empty place that belongs to one test. */
export interface Place {
  readonly config: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  /** Secrets the place refuses; absent when it knows none. */
  readonly wrongSecrets?: Readonly<Record<string, string>> | undefined;
  /** Puts an item there as its owner would. Needed by sources. */
  put?(path: string, bytes: Uint8Array): Promise<void>;
  /** A text that differs when anything in the place differs. Needed by sources. */
  snapshot?(): Promise<string>;
  remove(): Promise<void>;
}

export interface Harness {
  readonly runner: Runner;
  open(): Promise<Place>;
}

/** A place with a connector's openings; opening again is what a restart does. */
export interface Stage {
  readonly place: Place;
  readonly context: ConnectorContext;
  source(): Promise<Source>;
  target(): Promise<Target>;
}

/** Declares one rule; `unless` is the capability's reason to skip it. */
export function rule<Config>(
  connector: Connector<Config>,
  harness: Harness,
  name: string,
  body: (stage: Stage) => Promise<void>,
  unless?: string,
): void {
  if (unless !== undefined) {
    harness.runner.test.skip(`${name} (skipped: ${unless})`, async () => {});
    return;
  }
  harness.runner.test(name, async () => {
    const place = await harness.open();
    const opened: { close(): Promise<void> }[] = [];
    const keep = <T extends { close(): Promise<void> }>(each: T): T => {
      opened.push(each);
      return each;
    };
    const context = contextFor(place.secrets);
    const config = await configOf(connector, place.config);
    try {
      await body({
        place,
        context,
        source: async () => keep(await present(connector.openSource?.(config, context, never()))),
        target: async () => keep(await present(connector.openTarget?.(config, context, never()))),
      });
    } finally {
      for (const each of opened) await each.close();
      await place.remove();
    }
  });
}

/** A signal that never fires. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** The configuration as the connector's own schema understands it. */
export async function configOf<Config>(connector: Connector<Config>, raw: unknown): Promise<Config> {
  const validated = await connector.config['~standard'].validate(raw);
  if (validated.issues === undefined) return validated.value;
  throw new Error(`the harness offers an invalid configuration: ${validated.issues.map((i) => i.message).join('; ')}`);
}

/** What the host would lend, with a spool in memory. */
export function contextFor(secrets: Readonly<Record<string, string>>): ConnectorContext {
  return {
    secret: (name) => {
      const value = secrets[name];
      if (value === undefined) throw new ConnectorError('CONFIG_INVALID', `no secret ${name}`);
      return value;
    },
    spool: memorySpool(),
    log: () => {},
    now: () => new Date('2026-01-01T00:00:00.000Z'),
  };
}

function memorySpool(): Spool {
  const held = new Map<string, Uint8Array>();
  return {
    write: async (key, bytes) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(chunk);
      const whole = concat(chunks);
      held.set(key, whole);
      return whole.byteLength;
    },
    async *read(key) {
      const whole = held.get(key);
      if (whole === undefined) throw new ConnectorError('ITEM_NOT_FOUND', 'the spool holds nothing under this key');
      yield whole;
    },
    remove: async (key) => {
      held.delete(key);
    },
  };
}

function present<T>(opening: Promise<T> | undefined): Promise<T> {
  return opening ?? Promise.reject(new Error('the connector declares a role that it does not open'));
}

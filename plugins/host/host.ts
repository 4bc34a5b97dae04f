/** The connector host: loads connectors, checks their settings, opens them, and stands between them and the engine. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BandwidthRules, Connection } from '../../kernel/bandwidth.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Clock } from '../../kernel/clock.ts';
import { keyedDigest, sha256 } from '../../kernel/digest.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { CONNECTED, ConnectorError, type Capabilities } from '../sdk/index.ts';
import type { Role, Source, Spool } from '../sdk/index.ts';
import { examined, type Examined } from './conformance.ts';
import { Connections } from './connected.ts';
import { withDeadline, tooLate } from './deadline.ts';
import { guardSource } from './guard-source.ts';
import { guardTarget, type HostedTarget } from './guard-target.ts';
import { actOf, call, type Guard } from './guard.ts';
import { GUARD_LIMITS, LENT_LIMITS, type GuardLimits, type LentLimits } from './limits.ts';
import type { LentContext } from './isolate/services.ts';
import { loadConnector, type LoadedConnector, type LoadOptions } from './load.ts';
import { Passage } from './passage.ts';
import { resolveSecrets } from './secrets.ts';
import { configInvalid, validateSettings, type EndpointSettings } from './settings.ts';
import { Slots } from './slots.ts';
import { fileSpool } from './spool.ts';
import { blotOut, translate } from './translate.ts';

type Facts = Readonly<Record<string, string | number | boolean>>;

export interface HostOptions extends Omit<LoadOptions, 'log'> {
  /** Package names, or absolute folders of packages; nothing else is ever loaded. */
  readonly packages: readonly string[];
  readonly spoolDirectory: string;
  environment(name: string): string | undefined;
  log(fact: string, facts?: Facts): void;
  readonly clock: Clock;
  readonly limits?: Partial<GuardLimits> | undefined;
  readonly lent?: { readonly [Limit in keyof LentLimits]?: LentLimits[Limit] | undefined } | undefined;
  /** Where endpoints with rules get their bandwidth; nothing is capped where it is left out. */
  readonly bandwidth?: { connection(route: string, rules: BandwidthRules): Connection } | undefined;
}

export interface ConnectorSummary {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly package: string;
  readonly roles: readonly Role[];
  readonly capabilities: Capabilities;
  /** The names of the secrets it can use. */
  readonly secrets: readonly string[];
  /** How far it is kept apart from the engine. */
  readonly isolation: LoadedConnector['isolation'];
}

export interface ConnectorHost {
  list(): readonly ConnectorSummary[];
  /** Says what is wrong with the settings, naming each field and what is allowed; resolves no secret. */
  validate(endpoint: EndpointSettings, role: Role): Promise<readonly Refusal[]>;
  /** Connects once, without retrying; resolves to what was negotiated. */
  check(endpoint: EndpointSettings, signal: AbortSignal): Promise<Record<string, string>>;
  /** For each secret a digest of its value, keyed anew in each process: equal values show, and nothing else does. */
  fingerprints(endpoint: EndpointSettings): Promise<Readonly<Record<string, string>>>;
  source(endpoint: EndpointSettings, signal: AbortSignal): Promise<Source>;
  target(endpoint: EndpointSettings, signal: AbortSignal): Promise<HostedTarget>;
  capabilities(id: string): Capabilities;
  /** Closes whatever is still open. */
  close(): Promise<void>;
}

/** Loads every package of the list. Fails with the code that says why one of them cannot be used. */
export async function openConnectorHost(options: HostOptions): Promise<ConnectorHost> {
  const loaded = new Map<string, LoadedConnector>();
  for (const name of options.packages) {
    const each = await loadConnector(name, options);
    if (loaded.has(each.connector.id)) throw twice(each);
    loaded.set(each.connector.id, each);
  }
  return new Host(options, loaded);
}

/** Spools that are remembered. */
const SPOOLS_MAX = 1_000;

class Host implements ConnectorHost {
  readonly #options: HostOptions;
  readonly #loaded: ReadonlyMap<string, LoadedConnector>;
  readonly #secretKey = randomBytes(32);
  readonly #examined = new Map<string, Promise<Examined>>();
  /** One for each place, so that what is kept there is counted once. */
  readonly #spools = new Map<string, Spool>();
  readonly #open = new Set<{ close(): Promise<void> }>();

  constructor(options: HostOptions, loaded: ReadonlyMap<string, LoadedConnector>) {
    this.#options = options;
    this.#loaded = loaded;
  }

  list(): readonly ConnectorSummary[] {
    return [...this.#loaded.values()].map(({ package: from, connector, isolation }) => ({
      id: connector.id,
      title: connector.title,
      version: connector.version,
      package: from,
      roles: connector.roles,
      capabilities: connector.capabilities,
      secrets: connector.secrets,
      isolation,
    }));
  }

  capabilities(id: string): Capabilities {
    return this.#find(id).connector.capabilities;
  }

  async validate(endpoint: EndpointSettings, role: Role): Promise<readonly Refusal[]> {
    const loaded = this.#loaded.get(endpoint.connector);
    if (loaded === undefined) return [unknownConnector(endpoint.connector, [...this.#loaded.keys()])];
    const outcome = await validateSettings(loaded, endpoint, role);
    return outcome.ok ? [] : outcome.refusals;
  }

  async check(endpoint: EndpointSettings, signal: AbortSignal): Promise<Record<string, string>> {
    const { config, context, guard } = await this.#prepare(endpoint, undefined);
    const act = actOf(guard, 'check');
    try {
      const work = (inner: AbortSignal) => guard.connector.check(config, context, inner);
      return { ...(await withDeadline(act, signal, guard.limits.callDeadlineMs, tooLate, work)) };
    } catch (error) {
      throw translate(error, act);
    }
  }

  async fingerprints({ secrets }: EndpointSettings): Promise<Readonly<Record<string, string>>> {
    const values = await resolveSecrets(secrets, (name) => this.#options.environment(name));
    return Object.fromEntries([...values].map(([name, value]) => [name, keyedDigest(this.#secretKey, value)]));
  }

  async source(endpoint: EndpointSettings, signal: AbortSignal): Promise<Source> {
    const { config, connections, context, guard } = await this.#prepare(endpoint, 'source');
    const source = await opened(guard, signal, (inner) => guard.connector.openSource?.(config, context, inner));
    return this.#remember(guardSource(guard, source), guard, connections);
  }

  async target(endpoint: EndpointSettings, signal: AbortSignal): Promise<HostedTarget> {
    const { config, connections, context, guard } = await this.#prepare(endpoint, 'target');
    const target = await opened(guard, signal, (inner) => guard.connector.openTarget?.(config, context, inner));
    return this.#remember(guardTarget(guard, target), guard, connections);
  }

  async close(): Promise<void> {
    const results = await Promise.allSettled([...this.#open].map((each) => each.close()));
    const failed = results.filter((result) => result.status === 'rejected').length;
    if (failed > 0) this.#options.log('connector-close-failed', { failed });
  }

  async #prepare(endpoint: EndpointSettings, role: Role | undefined) {
    const loaded = this.#find(endpoint.connector);
    const { connector } = loaded;
    const outcome = await validateSettings(loaded, endpoint, role);
    if (!outcome.ok) throw configInvalid(connector.id, outcome.refusals);
    const secrets = await resolveSecrets(endpoint.secrets, (name) => this.#options.environment(name));
    const values = [...secrets.values()];
    const connections = role && (await this.#connectionsOf(endpoint, role, { connector, secrets: values }));
    const guard: Guard = {
      connector,
      secrets: values,
      slots: new Slots(connector.capabilities.concurrencyMax),
      limits: { ...GUARD_LIMITS, ...this.#options.limits },
      passage: new Passage(connector, role, role && this.#bandwidthOf(endpoint)),
      log: (fact, facts) => this.#options.log(fact, facts),
    };
    const context = this.#contextFor(endpoint, guard, secrets, connections);
    return { config: outcome.value, connections, guard, context };
  }

  async #connectionsOf({ connected: tell }: EndpointSettings, role: Role, of: Pick<Guard, 'connector' | 'secrets'>) {
    const { connector, secrets } = of;
    const loaded = this.#loaded.get(connector.id);
    if (tell === undefined || loaded === undefined) return undefined;
    const { approvedReport, folder, isolation } = loaded;
    // The package was compared when it was loaded; what it is now would say nothing of what runs.
    const examining = this.#examined.get(connector.id) ?? examined(folder, connector.id, approvedReport);
    this.#examined.set(connector.id, examining);
    return new Connections({ connector, examined: await examining, isolation, role, secrets, tell });
  }

  #contextFor(
    endpoint: EndpointSettings,
    guard: Guard,
    secrets: ReadonlyMap<string, string>,
    connections: Connections | undefined,
  ): LentContext {
    const { id } = guard.connector;
    const { lent } = this.#options;
    const place = sha256(canonicalJson({ connector: id, config: endpoint.config }));
    return {
      secret: (name) => {
        const value = secrets.get(name);
        if (value !== undefined) return value;
        throw new ConnectorError('CONFIG_INVALID', `${id} needs the secret ${name}; name it under secrets in the plan`);
      },
      spool: guard.passage.through(this.#spoolOf(id, place)),
      log: (fact, facts) => {
        if (fact === CONNECTED) connections?.negotiated(facts ?? {});
        else this.#options.log(fact, { ...withoutSecrets(facts, guard.secrets), connector: id });
      },
      now: () => this.#options.clock.now(),
      network: endpoint.network,
      wireMaxBytes: lent?.wireMaxBytes ?? LENT_LIMITS.wireMaxBytes,
      connectionsPerMinuteMax: lent?.connectionsPerMinuteMax ?? LENT_LIMITS.connectionsPerMinuteMax,
    };
  }

  #spoolOf(id: string, place: string): Spool {
    const { clock, lent, spoolDirectory } = this.#options;
    const path = join(spoolDirectory, id, place);
    const isOurs = this.#find(id).isolation === 'in-process';
    const bytesMax = isOurs ? undefined : (lent?.spoolMaxBytes ?? LENT_LIMITS.spoolMaxBytes);
    const spool = this.#spools.get(path) ?? fileSpool(path, clock, bytesMax);
    // Whoever has one keeps it; what is there is then counted anew.
    if (this.#spools.size >= SPOOLS_MAX) this.#spools.clear();
    this.#spools.set(path, spool);
    return spool;
  }

  #bandwidthOf({ traffic }: EndpointSettings): Connection | undefined {
    return traffic && this.#options.bandwidth?.connection(traffic.route, traffic.rules);
  }

  #remember<T extends { close(): Promise<void> }>(
    endpoint: T,
    { passage }: Guard,
    connections: Connections | undefined,
  ): T {
    connections?.opened();
    const known: T = {
      ...endpoint,
      close: async () => {
        if (!this.#open.delete(known)) return;
        passage.close();
        await endpoint.close().finally(() => connections?.closed());
      },
    };
    this.#open.add(known);
    return known;
  }

  #find(id: string): LoadedConnector {
    const found = this.#loaded.get(id);
    if (found !== undefined) return found;
    const { code, message, remedy } = unknownConnector(id, [...this.#loaded.keys()]);
    throw new Fault({ code, retry: 'permanent', message: `${message}; ${remedy}`, subject: id });
  }
}

function withoutSecrets(facts: Facts | undefined, secrets: readonly string[]): Facts {
  const texts = Object.entries(facts ?? {});
  return Object.fromEntries(
    texts.map(([name, value]) => [name, typeof value === 'string' ? blotOut(value, secrets) : value]),
  );
}

async function opened<T>(
  guard: Guard,
  signal: AbortSignal,
  open: (signal: AbortSignal) => Promise<T> | undefined,
): Promise<T> {
  // Loading made sure that every declared role opens.
  const refuse = () => Promise.reject(new ConnectorError('UNSUPPORTED', 'the connector does not open in this role'));
  try {
    return await call(guard, { act: actOf(guard, 'open'), signal, work: (inner) => open(inner) ?? refuse() });
  } catch (error) {
    guard.passage.close();
    throw error;
  }
}

function unknownConnector(id: string, known: readonly string[]): Refusal {
  return {
    code: 'CONNECTOR_UNKNOWN',
    message: `no connector is called ${JSON.stringify(id)}`,
    field: ['connector'],
    remedy: `use one of: ${known.join(', ') || 'none is loaded'}; or name its package in WAYBILL_CONNECTORS`,
  };
}

function twice({ package: name, connector }: LoadedConnector): Fault {
  return new Fault({
    code: 'CONNECTOR_INCOMPATIBLE',
    retry: 'permanent',
    message: `two packages bring a connector called ${connector.id}; take ${name} or the other off the list`,
    subject: name,
  });
}

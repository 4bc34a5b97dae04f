/** Loads connectors from an explicit list of packages; their manifests are read before any of their code runs. */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Sha256 } from '../../kernel/digest.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Capabilities, Connector } from '../sdk/index.ts';
import { isOfProduct, requireApproved, type Approvals } from './approve.ts';
import { isolatedConnector } from './isolate/connector.ts';
import { isAtLeast, type IsolationLevel } from './isolate/level.ts';
import type { IsolatedPackage } from './isolate/process.ts';
import { isolationHere, type Tried } from './isolate/tried.ts';

const API_VERSION = 1;

export interface LoadedConnector {
  readonly package: string;
  readonly connector: Connector;
  readonly folder: string;
  /** The digest of the conformance report that was approved with it; undefined where nobody has to approve. */
  readonly approvedReport?: Sha256 | null | undefined;
  /** How far it is kept apart from the engine. */
  readonly isolation: 'in-process' | IsolationLevel;
}

export interface LoadOptions {
  log(fact: string, facts: Readonly<Record<string, string>>): void;
  /** Left out, nobody is asked. */
  readonly approvals?: Approvals | undefined;
  /** What third-party connectors must be kept apart by; the weakest when left out. */
  readonly isolationLeast?: IsolationLevel | undefined;
  /** What this machine enforces; tried when left out. */
  isolationHere?(): Promise<Tried>;
}

interface Manifest {
  readonly apiVersion?: unknown;
  readonly connectors?: readonly { readonly id?: unknown; readonly roles?: unknown; readonly capabilities?: unknown }[];
}

/**
 * `name` is a package's name or absolute folder. Fails with CONNECTOR_NOT_FOUND, CONNECTOR_INCOMPATIBLE, and where
 * approvals are asked for with CONNECTOR_NOT_APPROVED, CONNECTOR_CHANGED or ISOLATION_TOO_WEAK, before any of its code
 * runs.
 */
export async function loadConnector(name: string, options: LoadOptions): Promise<LoadedConnector> {
  const manifestPath = locate(name);
  const packaged = JSON.parse(await readFile(manifestPath, 'utf8')) as {
    readonly waybill?: Manifest;
    readonly exports?: { readonly '.'?: string };
  };
  const manifest = packaged.waybill;
  if (manifest === undefined) throw incompatible(name, 'its package.json has no "waybill" member');
  requireVersion(name, manifest.apiVersion);
  const folder = realpathSync(dirname(manifestPath));
  const entry = pathToFileURL(join(folder, packaged.exports?.['.'] ?? 'index.js')).href;
  if (options.approvals !== undefined && !isOfProduct(folder)) {
    const { approvals } = options;
    const requireSame = () => requireApproved(folder, approvals);
    const { conformance: approvedReport = null } = await requireSame();
    return { ...(await loadApart(name, { folder, entry, requireSame }, manifest, options)), approvedReport };
  }
  const module = (await import(entry).catch((error: unknown) => {
    throw incompatible(name, `it does not load (${error instanceof Error ? error.name : typeof error})`, error);
  })) as { readonly default?: Connector };
  const connector = module.default;
  if (connector === undefined) throw incompatible(name, 'it has no default export');
  requireVersion(name, connector.apiVersion);
  requireAgreement(name, manifest, connector);
  return { package: name, connector, folder, isolation: 'in-process' };
}

/** Loads it in processes of its own, as well as this machine keeps them apart. */
async function loadApart(
  name: string,
  from: Omit<IsolatedPackage, 'level'>,
  manifest: Manifest,
  { isolationHere: here = isolationHere, isolationLeast: least = 'child-process', log }: LoadOptions,
): Promise<LoadedConnector> {
  const { level: isolation, lacking = '' } = await here();
  if (!isAtLeast(isolation, least)) throw tooWeak(name, least, isolation, lacking);
  const connector = await isolatedConnector({ ...from, level: isolation }).catch((error: unknown) => {
    throw incompatible(name, `it does not start (${error instanceof Error ? error.message : typeof error})`, error);
  });
  requireVersion(name, connector.apiVersion);
  requireAgreement(name, manifest, connector);
  log('connector-isolated', { connector: connector.id, isolation, ...(lacking !== '' && { lacking }) });
  return { package: name, connector, folder: from.folder, isolation };
}

const OURS = /^@waybill\/connector-([a-z0-9-]+)$/;

/** The package.json of a package's name or absolute folder. Our own lie beside the host, linked or not. */
export function locate(name: string): string {
  if (isAbsolute(name)) return join(name, 'package.json');
  const own = join(import.meta.dirname, '..', OURS.exec(name)?.[1] ?? '', 'package.json');
  if (OURS.test(name) && existsSync(own)) return own;
  try {
    return createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch (error) {
    throw new Fault({
      code: 'CONNECTOR_NOT_FOUND',
      retry: 'permanent',
      message: `the connector package ${name} is not installed beside Waybill; install it there, or name its folder`,
      subject: name,
      cause: error,
    });
  }
}

function requireVersion(name: string, version: unknown): void {
  if (version === API_VERSION) return;
  throw incompatible(name, `it speaks apiVersion ${JSON.stringify(version)} and this host speaks ${API_VERSION}`);
}

/** What was reviewed (the static manifest) must be what runs. */
function requireAgreement(name: string, manifest: Manifest, connector: Connector): void {
  const declared = manifest.connectors ?? [];
  const entry = declared[0];
  if (entry === undefined || declared.length !== 1) throw incompatible(name, 'its manifest must name one connector');
  if (entry.id !== connector.id) throw incompatible(name, 'its manifest and its code differ in id');
  if (!isDeepStrictEqual(entry.roles, [...connector.roles])) {
    throw incompatible(name, 'its manifest and its code differ in roles');
  }
  const differing = differingCapability(entry.capabilities, connector.capabilities);
  if (differing !== undefined) throw incompatible(name, `its manifest and its code differ in capability ${differing}`);
  const opens = { source: connector.openSource !== undefined, target: connector.openTarget !== undefined };
  for (const role of ['source', 'target'] as const) {
    if (connector.roles.includes(role) !== opens[role]) throw incompatible(name, `it does not open as a ${role}`);
  }
}

function differingCapability(declared: unknown, actual: Capabilities): string | undefined {
  const stated = (declared ?? {}) as Record<string, unknown>;
  const facts = actual as unknown as Record<string, unknown>;
  return [...new Set([...Object.keys(stated), ...Object.keys(facts)])].find(
    (key) => !isDeepStrictEqual(stated[key], facts[key]),
  );
}

function tooWeak(name: string, least: IsolationLevel, here: IsolationLevel, lacking: string): Fault {
  return new Fault({
    code: 'ISOLATION_TOO_WEAK',
    retry: 'permanent',
    message:
      `the connector package ${name} does not run with less isolation than ${least}, and this machine enforces ` +
      `${here} only (${lacking}); give it what is lacking or ask for less`,
    subject: name,
  });
}

function incompatible(name: string, why: string, cause?: unknown): Fault {
  return new Fault({
    code: 'CONNECTOR_INCOMPATIBLE',
    retry: 'permanent',
    message: `the connector package ${name} cannot be used: ${why}`,
    subject: name,
    cause,
  });
}

/** A way into a system: which connector, how it is set up, and where its secrets are found. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Refusal } from '../../../kernel/refusal.ts';

export type Settings = { readonly [key: string]: Json | undefined };

/** What a plan says of a secret, beside where it is found. */
export interface PlannedCredential {
  /** Until when it works: an instant, RFC 3339. */
  readonly expiresAt?: string | undefined;
}

/** An address, a range of addresses or a name, and a port. */
export interface PlannedPlace {
  readonly host: string;
  readonly port: number;
}

/** Who and what leads into a system. */
export interface Endpoint {
  readonly connector: string;
  readonly config: Settings;
  /** References, as schema/plan.v1.json has them; never the secrets themselves. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Where a third-party connector may connect to: nowhere when left out. */
  readonly network?: readonly PlannedPlace[] | undefined;
  /** What is known of the secrets, by the same names. */
  readonly credentials?: Readonly<Record<string, PlannedCredential>> | undefined;
  /** Who answers for it. */
  readonly owner?: string | undefined;
  /** The name of the system of the plan that it leads into. */
  readonly system?: string | undefined;
}

const LOCAL_FOLDERS: readonly string[] = ['folder', 'root'];
const FILE_REFERENCE = 'file:';
const PEM = '-----BEGIN ';
const SECRET_NAME =
  /^(?:pass(?:word|wd|phrase)|secret|(?:client|shared)secret|(?:access|bearer)?token|(?:api|private)key)$/i;

/** The endpoint with every reference to a file made absolute by `absolute`: see schema/plan.v1.json. */
export function resolveFiles(endpoint: Endpoint, absolute: (path: string) => string): Endpoint {
  const reference = (text: string): string =>
    text.startsWith(FILE_REFERENCE) ? FILE_REFERENCE + absolute(text.slice(FILE_REFERENCE.length)) : text;
  const config = Object.entries(endpoint.config).map(([name, value]) => [
    name,
    typeof value === 'string' && namesFile(endpoint, name, value) ? absolute(value) : mapStrings(value, reference),
  ]);
  const secrets = Object.entries(endpoint.secrets).map(([name, value]) => [name, reference(value)]);
  return { ...endpoint, config: Object.fromEntries(config), secrets: Object.fromEntries(secrets) };
}

function namesFile(endpoint: Endpoint, name: string, value: string): boolean {
  if (value.startsWith(FILE_REFERENCE)) return false;
  if (name === 'ca') return !value.includes(PEM);
  return LOCAL_FOLDERS.includes(name) && isOfThisMachine(endpoint);
}

/** Whether `folder` and `root` are folders of this machine, not of the other side. */
function isOfThisMachine({ connector, config }: Endpoint): boolean {
  return connector === 'hl7-mllp' || (connector === 'hl7-file-drop' && config['host'] === undefined);
}

function mapStrings(value: Json | undefined, change: (text: string) => string): Json | undefined {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each: Json) => mapStrings(each, change) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each, change)]));
}

/** Refuses settings that hold a secret where only a reference may stand. Never repeats the value. */
export function checkSecrets(endpoint: Endpoint, at: readonly string[]): readonly Refusal[] {
  return Object.keys(endpoint.config)
    .filter((name) => SECRET_NAME.test(name.replaceAll(/[-_]/g, '')))
    .map((name) => ({
      code: 'SECRET_IN_CONFIG',
      message: `${[...at, 'config', name].join('.')} is a secret; a plan only says where a secret is found`,
      field: [...at, 'config', name],
      remedy: `write it under ${[...at, 'secrets', name].join('.')} as env:NAME, file:PATH or another reference`,
    }));
}

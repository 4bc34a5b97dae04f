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
  const folders = isOfThisMachine(endpoint) ? LOCAL_FOLDERS : [];
  const reference = (text: string, name: string): string => {
    if (text.startsWith(FILE_REFERENCE)) return FILE_REFERENCE + absolute(text.slice(FILE_REFERENCE.length));
    return folders.includes(name) ? absolute(text) : text;
  };
  const config = Object.entries(endpoint.config).map(([name, value]) => [
    name,
    typeof value === 'string' && namesAuthority(name, value) ? absolute(value) : mapStrings(value, name, reference),
  ]);
  const secrets = Object.entries(endpoint.secrets).map(([name, value]) => [name, reference(value, '')]);
  return { ...endpoint, config: Object.fromEntries(config), secrets: Object.fromEntries(secrets) };
}

function namesAuthority(name: string, value: string): boolean {
  return name === 'ca' && !value.startsWith(FILE_REFERENCE) && !value.includes(PEM);
}

/** Whether `folder` and `root` are folders of this machine, not of the other side. */
function isOfThisMachine({ connector, config }: Endpoint): boolean {
  return connector === 'hl7-mllp' || (connector === 'hl7-file-drop' && config['host'] === undefined);
}

/** `name` is that of the member, or of the one that holds the list. */
function mapStrings(
  value: Json | undefined,
  name: string,
  change: (text: string, name: string) => string,
): Json | undefined {
  if (typeof value === 'string') return change(value, name);
  if (Array.isArray(value)) return value.map((each: Json) => mapStrings(each, name, change) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each, key, change)]));
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

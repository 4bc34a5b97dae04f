/** Where a connector is pointed: its configuration and the references to its secrets. */
import type { Traffic } from '../../kernel/bandwidth.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { Fault } from '../../kernel/fault.ts';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import type { Connector, Role } from '../sdk/index.ts';
import type { TellConnected } from './connected.ts';
import { isPlace, type AllowedPlace } from './isolate/allow-list.ts';
import type { LoadedConnector } from './load.ts';
import { refuseReferences } from './secrets.ts';

export interface EndpointSettings {
  /** The connector's id. */
  readonly connector: string;
  readonly config: Json;
  /** Secret name to reference: see references.ts. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Where a third-party connector may connect to: nowhere when left out. */
  readonly network?: readonly AllowedPlace[] | undefined;
  /** What its bytes share their bandwidth with, a migration, and by which rules; left out: no caps. */
  readonly traffic?: Traffic | undefined;
  /** Who keeps how it was reached; left out: nobody. */
  readonly connected?: TellConnected | undefined;
}

/** The configuration as its schema understood it, or what is wrong with it, field by field. */
export async function validateSettings(
  { connector, isolation }: Pick<LoadedConnector, 'connector' | 'isolation'>,
  settings: EndpointSettings,
  role: Role | undefined,
): Promise<Outcome<unknown>> {
  const refusals: Refusal[] = [...refuseNetwork(settings, connector, isolation)];
  if (role !== undefined && !connector.roles.includes(role)) {
    const message = `${connector.id} cannot be a ${role}`;
    const remedy = `use it as ${connector.roles.join(' or ')}, or use another connector`;
    refusals.push({ code: 'CONFIG_INVALID', message, field: ['connector'], remedy });
  }
  refusals.push(...refuseReferences(connector, settings.secrets));
  const validated = await connector.config['~standard'].validate(settings.config);
  if (validated.issues !== undefined) {
    refusals.push(...validated.issues.map((issue) => refusalOf(connector, issue)));
    return refused(...refusals);
  }
  return refusals.length > 0 ? refused(...refusals) : granted(validated.value);
}

/** A list that nobody would keep is refused, rather than believed; so is none where nothing could be reached. */
function refuseNetwork(
  { network = [] }: EndpointSettings,
  { id, capabilities: { transport } }: Connector,
  isolation: string,
): readonly Refusal[] {
  const refusal = (message: string, remedy: string) => [
    { code: 'CONFIG_INVALID', message, field: ['network'], remedy },
  ];
  if (network.length > 0 && isolation === 'in-process') {
    const remedy = 'leave network out, and limit from outside where Waybill may connect to';
    return refusal(`${id} runs inside Waybill, where nobody keeps it to a list of places`, remedy);
  }
  if (network.length === 0 && isolation !== 'in-process' && transport !== undefined && transport !== 'memory') {
    const remedy = 'list its server at the endpoint, as network: [{ host: 10.20.3.4, port: 443 }]';
    return refusal(`${id} connects only to what the plan lists under network, and nothing is listed there`, remedy);
  }
  return network.flatMap((place, index): readonly Refusal[] => {
    if (isPlace(place)) return [];
    const message = `network[${index}] is neither an address, nor a range of addresses, nor a name, with a port`;
    const remedy = 'write for example host: 10.20.0.0/16 and port: 443';
    return [{ code: 'CONFIG_INVALID', message, field: ['network', String(index)], remedy }];
  });
}

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
}

function refusalOf(connector: Connector, issue: Issue): Refusal {
  const field = ['config', ...(issue.path ?? []).map(partOf)];
  const message = `${field.join('.')} of ${connector.id}: ${issue.message}`;
  return { code: 'CONFIG_INVALID', message, field, remedy: `see what ${connector.id} allows for ${field.join('.')}` };
}

/** Standard Schema allows a part of a path to be a key or an object that holds one. */
function partOf(part: unknown): string {
  return typeof part === 'object' && part !== null && 'key' in part ? String(part.key) : String(part);
}

/** For opening, where a refusal has nobody to go to: the same words as one fault. */
export function configInvalid(connector: string, refusals: readonly Refusal[]): Fault {
  return new Fault({
    code: 'CONFIG_INVALID',
    retry: 'permanent',
    message: refusals.map((refusal) => `${refusal.message}; ${refusal.remedy}`).join('. '),
    subject: connector,
  });
}

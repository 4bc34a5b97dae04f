/** The little of FHIR R4 a target needs: who a resource is, and how it is found again. */
import { ConnectorError, isKeyedByTag, SOURCE_SYSTEM } from '@waybill/connector-sdk';

/** The extension in which a DocumentReference keeps the path its document came from. */
export const PATH_EXTENSION = 'urn:waybill:path';
export const FHIR_JSON = 'application/fhir+json';

const REFERENCE = /([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const TARGET_ID = /^[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64}$/;

export interface Resource {
  readonly resourceType: string;
  readonly id?: string;
  readonly identifier?: unknown;
  readonly meta?: { readonly lastUpdated?: string; readonly tag?: unknown };
}

export interface Bundle {
  readonly resourceType?: string;
  readonly link?: readonly { readonly relation?: string; readonly url?: string }[];
  readonly entry?: readonly { readonly resource?: Resource; readonly search?: { readonly mode?: string } }[];
}

/**
 * A search parameter that finds the resources of a type with any of these keys (R4 search, 3.1.1.4.12 and 3.1.1.4.4):
 * `identifier`, or `_tag` where the type has no list of identifiers.
 */
export function keyQuery(type: string, keys: readonly string[]): string {
  const tokens = keys.map((key) => `${SOURCE_SYSTEM}|${key.replace(/[\\,|$]/g, (special) => `\\${special}`)}`);
  return `${isKeyedByTag(type) ? '_tag' : 'identifier'}=${encodeURIComponent(tokens.join(','))}`;
}

/** `Patient/12` out of a Location, whatever base and version surround it. */
export function targetIdIn(location: string | undefined): string | undefined {
  return location === undefined ? undefined : REFERENCE.exec(location)?.[1];
}

export function requireTargetId(targetId: string): void {
  if (TARGET_ID.test(targetId)) return;
  throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(targetId)} is no id of a FHIR resource`);
}

/** The little of a CapabilityStatement that a check looks at; a service may say anything. */
export interface CapabilityStatement {
  readonly fhirVersion?: string;
  readonly rest?: unknown;
}

/** Whether a service says that it creates nothing twice (`ifNoneExist`), which a repeated commit relies on. */
export function conditionalCreateIn({ rest }: CapabilityStatement): string {
  const types = listIn(rest)
    .filter(({ mode }) => mode === 'server')
    .flatMap(({ resource }) => listIn(resource));
  const claimed = types.filter(({ conditionalCreate }) => conditionalCreate === true).length;
  if (claimed === 0) return 'not claimed';
  return claimed === types.length ? 'claimed' : `claimed for ${claimed} of ${types.length} types`;
}

function listIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}

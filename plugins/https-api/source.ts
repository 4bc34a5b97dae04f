/** A FHIR R4 service as a source: every resource of the named types is an item, `Patient/12.json`. */
import { ConnectorError, requireSafePath, type ConnectorContext, type Item, type Source } from '@waybill/connector-sdk';
import { attachmentIn, attachmentItems, readAttachment } from './attachments.ts';
import { resourcesByExport } from './export/resources.ts';
import { FHIR_JSON } from './fhir.ts';
import type { Http } from './http.ts';
import { from } from './read.ts';
import { resourcesBySearch, type Found, type Resources } from './resources.ts';
import type { FhirSettings } from './settings.ts';

const PATH = /^([A-Z][A-Za-z]{1,63}\/[A-Za-z0-9\-.]{1,64})\.json$/;
const SHORTFALL = /^export-(error|deleted)\//;
const CHUNK_BYTES = 256 * 1024;

/**
 * An API answers with more white space or less, alone or inside a Bundle. The bytes of an item are therefore the
 * resource without insignificant white space: members in the order of the service, decimals with the digits they were
 * written in (FHIR R4, 2.24.0.1: 1.10 is not 1.1).
 */
export function fhirSource(http: Http, context: ConnectorContext, settings: FhirSettings): Source {
  const { types, attachments } = settings;
  if (types === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'a FHIR source needs types: name the resource types to read');
  }
  const resources =
    settings.export === undefined ? resourcesBySearch(http, types) : resourcesByExport(http, context, settings);
  return {
    async *list(signal) {
      signal.throwIfAborted();
      for await (const found of resources.list(signal)) {
        yield itemOf(found);
        if (attachments === 'items') yield* attachmentItems(http, found, signal);
      }
      for (const { path, sizeBytes } of (await resources.shortfalls?.(signal)) ?? []) yield { path, sizeBytes };
    },
    async *read(path, offsetBytes, signal) {
      requireSafePath(path);
      signal.throwIfAborted();
      if (SHORTFALL.test(path)) throw await shortfall(resources, path, signal);
      const attachment = attachmentIn(path);
      if (attachment !== undefined) {
        const resource = await resources.read(attachment.name, signal);
        yield* from(offsetBytes, readAttachment(http, resource, attachment, signal));
        return;
      }
      const bytes = (await resources.read(nameIn(path), signal)).subarray(offsetBytes);
      for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
        signal.throwIfAborted();
        yield bytes.subarray(at, at + CHUNK_BYTES);
      }
    },
    close: () => http.close(),
  };
}

function itemOf({ name, modifiedAt, content }: Found): Item {
  return {
    path: `${name}.json`,
    sizeBytes: content.byteLength,
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    mediaType: FHIR_JSON,
  };
}

function nameIn(path: string): string {
  const [, name] = PATH.exec(path) ?? [];
  if (name !== undefined) return name;
  throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} names no resource; it would be Type/id.json`);
}

async function shortfall(resources: Resources, path: string, signal: AbortSignal): Promise<ConnectorError> {
  const found = (await resources.shortfalls?.(signal))?.find((each) => each.path === path);
  return new ConnectorError('ITEM_NOT_FOUND', found?.reason ?? `${path} is no report of the export`);
}

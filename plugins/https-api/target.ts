import {
  ConnectorError,
  parseKeepingDigits,
  requireSafePath,
  sourceKeyOf,
  type ConnectorContext,
  type Parcel,
  type Target,
  type TargetRecord,
} from '@waybill/connector-sdk';
import { documentIn, Documents, type DocumentReference } from './documents.ts';
import { PATH_EXTENSION, type Resource } from './fhir.ts';
import type { Http } from './http.ts';
import { readResource } from './read.ts';
import { RecordsParcels } from './records.ts';
import { search, searchKeys } from './search.ts';
import type { FhirSettings } from './settings.ts';

/** A FHIR R4 service as a target of documents and of records. */
export function fhirTarget(http: Http, context: ConnectorContext, { decimals }: FhirSettings): Target {
  const documents = new Documents(http, context);
  const records = new RecordsParcels(http, context);
  const handlerOf = (parcel: Parcel): Documents | RecordsParcels => {
    requireSafePath(parcel.path);
    return parcel.shape === 'bytes' ? documents : records;
  };
  return {
    stat: async (parcel, signal) => handlerOf(parcel).stat(parcel, signal),
    stage: async (parcel, bytes, signal) => handlerOf(parcel).stage(parcel, bytes, signal),
    commit: async (parcel, staged, signal) => handlerOf(parcel).commit(parcel, staged, signal),
    discard: (staged) => context.spool.remove(staged.key),
    async *read(targetId, offsetBytes, signal) {
      if (offsetBytes > 0) throw new ConnectorError('UNSUPPORTED', 'a FHIR service is read from the beginning');
      yield* readResource(http, targetId, signal);
    },
    close: () => http.close(),
    decimals,
    listing: {
      async *items(signal) {
        for await (const found of search(http, 'DocumentReference', signal)) {
          const reference = found as DocumentReference;
          const targetId = documentIn(reference);
          if (targetId === undefined) continue;
          const path = reference.extension?.find((extension) => extension.url === PATH_EXTENSION)?.valueString;
          yield { targetId, key: path, sizeBytes: reference.content?.[0]?.attachment?.size };
        }
      },
      async *records(type, signal) {
        requireType(type);
        yield* recordsOf(search(http, type, signal, parseKeepingDigits));
      },
      async *recordsByKey(type, keys, signal) {
        requireType(type);
        yield* recordsOf(searchKeys(http, type, keys, signal));
      },
      chart: (targetId, types, signal) => chartOf(http, targetId, types, signal),
    },
  };
}

/** In which order a chart shows them, where that is not the service's own affair. */
const ORDERS: Readonly<Record<string, string>> = {
  MedicationRequest: '&_sort=-authoredon',
  MedicationStatement: '&_sort=-effective',
};

async function* chartOf(
  http: Http,
  targetId: string,
  types: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TargetRecord> {
  // Reading it first tells a patient who is not there from one of whom nothing is.
  for await (const _ of readResource(http, targetId, signal)) continue;
  const patient = encodeURIComponent(targetId.replace(/^Patient\//, ''));
  for (const type of types) {
    requireType(type);
    const query = `${type}?patient=${patient}${ORDERS[type] ?? ''}`;
    yield* recordsOf(search(http, query, signal, parseKeepingDigits));
  }
}

function requireType(type: string): void {
  if (!/^[A-Z][A-Za-z]{1,63}$/.test(type)) throw new ConnectorError('UNSUPPORTED', `${type} is no resource type`);
}

async function* recordsOf(resources: AsyncIterable<Resource>): AsyncGenerator<TargetRecord> {
  for await (const resource of resources) {
    const content = Buffer.from(JSON.stringify(resource));
    const targetId = `${resource.resourceType}/${resource.id ?? ''}`;
    yield { targetId, key: sourceKeyOf(resource), sizeBytes: content.byteLength, content };
  }
}

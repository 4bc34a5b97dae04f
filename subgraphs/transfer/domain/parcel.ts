/** Parcels: what is delivered in one step. An item that passes through is one; a mapped item is cut into several. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import type { MappedRecord, TargetForm } from '../../../records/lineage/lineage.ts';

/** As the connectors know it. */
export interface Parcel {
  readonly key: string;
  readonly path: string;
  readonly shape: 'bytes' | 'records';
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** A parcel of records with its bytes: NDJSON, one canonical record a line. */
export interface RecordParcel {
  readonly parcel: Parcel;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

export const PARCEL_RECORDS_MAX = 100;
/** Ends a parcel early when its records are large, so that one parcel always fits in memory. */
export const PARCEL_BYTES_MAX = 4 * 1024 * 1024;

/** A line of FHIR is the resource, which carries its key; elsewhere its key and its patient's stand beside it. */
const FORMS: Readonly<Record<TargetForm, { readonly mediaType: string; lineOf(record: SentRecord): Json }>> = {
  'fhir-r4': { mediaType: 'application/fhir+ndjson', lineOf: ({ resource }) => resource },
  unity: {
    mediaType: 'application/vnd.waybill.records+ndjson',
    lineOf: ({ key, parent, resource }) => ({ key, parent, record: resource }),
  },
};
type SentRecord = Pick<MappedRecord, 'key' | 'parent' | 'resource'>;

/** The one parcel of an item that passes through unchanged. */
export function wholeItemParcel(item: {
  readonly itemId: string;
  readonly path: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}): Parcel {
  const { itemId, path, mediaType, sizeBytes } = item;
  return { key: itemId, path, shape: 'bytes', mediaType, sizeBytes };
}

/** Cuts the records of one item into parcels; the same records give the same parcels with the same keys. */
export class ParcelCutter {
  readonly #itemId: string;
  readonly #path: string;
  readonly #recordsMax: number;
  readonly #form: TargetForm;
  #lines: string[] = [];
  /** Records that came by, those left out included. */
  #places = 0;
  #sizeBytes = 0;
  #cut = 0;

  constructor(item: { readonly itemId: string; readonly path: string }, recordsMax: number, form: TargetForm) {
    this.#itemId = item.itemId;
    this.#path = item.path;
    this.#recordsMax = Math.min(recordsMax, PARCEL_RECORDS_MAX);
    this.#form = form;
  }

  /** Takes a record in; gives a parcel back when it is full. */
  add(record: SentRecord): RecordParcel | undefined {
    const line = this.#lineOf(record);
    this.#lines.push(line);
    return this.#passed(line);
  }

  /** Leaves a record out whose place is kept: which parcel a record is in must not depend on what becomes of others. */
  leaveOut(record: SentRecord): RecordParcel | undefined {
    return this.#passed(this.#lineOf(record));
  }

  #lineOf(record: SentRecord): string {
    return `${canonicalJson(FORMS[this.#form].lineOf(record))}\n`;
  }

  #passed(line: string): RecordParcel | undefined {
    this.#places += 1;
    this.#sizeBytes += Buffer.byteLength(line);
    const isFull = this.#places >= this.#recordsMax || this.#sizeBytes >= PARCEL_BYTES_MAX;
    return isFull ? this.rest() : undefined;
  }

  /** What is left, `undefined` when nothing is. */
  rest(): RecordParcel | undefined {
    if (this.#places === 0) return undefined;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#cut += 1;
    this.#lines = [];
    this.#places = 0;
    this.#sizeBytes = 0;
    if (bytes.byteLength === 0) return undefined;
    const parcel: Parcel = {
      key: `${this.#itemId}/${this.#cut}`,
      path: this.#path,
      shape: 'records',
      mediaType: FORMS[this.#form].mediaType,
      sizeBytes: bytes.byteLength,
    };
    return { parcel, sha256: sha256(bytes), bytes };
  }
}

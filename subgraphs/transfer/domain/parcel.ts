/** Parcels: what is delivered in one step. An item that passes through is one; a mapped item is cut into several. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import type { MappedRecord } from '../../../records/lineage/lineage.ts';

/** As the connectors know it. */
export interface Parcel {
  readonly key: string;
  readonly path: string;
  readonly shape: 'bytes' | 'records';
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** A parcel of records with its bytes: NDJSON, one canonical resource a line. */
export interface RecordParcel {
  readonly parcel: Parcel;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

export const PARCEL_RECORDS_MAX = 100;
/** Ends a parcel early when its records are large, so that one parcel always fits in memory. */
export const PARCEL_BYTES_MAX = 4 * 1024 * 1024;

const RECORDS_MEDIA_TYPE = 'application/fhir+ndjson';

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
  #lines: string[] = [];
  #sizeBytes = 0;
  #cut = 0;

  constructor(item: { readonly itemId: string; readonly path: string }, recordsMax: number) {
    this.#itemId = item.itemId;
    this.#path = item.path;
    this.#recordsMax = Math.min(recordsMax, PARCEL_RECORDS_MAX);
  }

  /** Takes a record in; gives a parcel back when it is full. */
  add(record: Pick<MappedRecord, 'resource'>): RecordParcel | undefined {
    const line = `${canonicalJson(record.resource)}\n`;
    this.#lines.push(line);
    this.#sizeBytes += Buffer.byteLength(line);
    const isFull = this.#lines.length >= this.#recordsMax || this.#sizeBytes >= PARCEL_BYTES_MAX;
    return isFull ? this.rest() : undefined;
  }

  /** What is left, `undefined` when nothing is. */
  rest(): RecordParcel | undefined {
    if (this.#lines.length === 0) return undefined;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#cut += 1;
    this.#lines = [];
    this.#sizeBytes = 0;
    const parcel: Parcel = {
      key: `${this.#itemId}/${this.#cut}`,
      path: this.#path,
      shape: 'records',
      mediaType: RECORDS_MEDIA_TYPE,
      sizeBytes: bytes.byteLength,
    };
    return { parcel, sha256: sha256(bytes), bytes };
  }
}

/** A place in this process's memory that can be read from and written to; both ends reach it by its name. */
import { FaultPlan, type PlantedFault } from './fault.ts';
import type { Receipt } from '@waybill/connector-sdk';

export interface StoredFile {
  readonly bytes: Uint8Array;
  readonly modifiedAt: string;
}

export interface StoredRecord {
  readonly targetId: string;
  readonly key: string | undefined;
  readonly bytes: Uint8Array;
}

export class MemoryPlace {
  readonly files = new Map<string, StoredFile>();
  /** Resource type to records, in the order they came. */
  readonly records = new Map<string, StoredRecord[]>();
  /** What is staged, by parcel key; nobody sees it. */
  readonly staged = new Map<string, Uint8Array>();
  /** What was committed, by parcel key. */
  readonly receipts = new Map<string, Receipt>();
  readonly faults = new FaultPlan();
  /** What a check says of it besides: a certificate, a host key. */
  readonly facts = new Map<string, string>();
  /** What it shows of a chart, in its order; a test makes it show something else. */
  showsChart: (records: readonly StoredRecord[], patientKey: string) => readonly StoredRecord[] = (records) => records;
  /** False: it lists in the order in which files were put, as a source does that knows no order. */
  listsInOrder = true;
  #records = 0;

  /** Puts a file as its owner would: visible, without a parcel. */
  put(path: string, bytes: Uint8Array | string, modifiedAt = '2026-01-01T00:00:00.000Z'): void {
    this.files.set(path, { bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, modifiedAt });
  }

  /** Adds a record under a new id, whatever else has its key. */
  addRecord(type: string, key: string | undefined, resource: object): StoredRecord {
    this.#records++;
    const id = `m${this.#records}`;
    const bytes = new TextEncoder().encode(JSON.stringify({ ...resource, id }));
    const record = { targetId: `${type}/${id}`, key, bytes };
    this.records.set(type, [...(this.records.get(type) ?? []), record]);
    return record;
  }

  /** Finds by target id or by source key. */
  findRecord(type: string, by: { readonly targetId?: string; readonly key?: string }): StoredRecord | undefined {
    return this.records
      .get(type)
      ?.find((record) => (by.key === undefined ? record.targetId === by.targetId : record.key === by.key));
  }

  plant(fault: PlantedFault): void {
    this.faults.plant(fault);
  }
}

const places = new Map<string, MemoryPlace>();

/** The place of that name; it comes into being when first asked for. */
export function memoryPlace(name: string): MemoryPlace {
  const found = places.get(name) ?? new MemoryPlace();
  places.set(name, found);
  return found;
}

/** Forgets the place and everything in it. */
export function forgetPlace(name: string): void {
  places.delete(name);
}

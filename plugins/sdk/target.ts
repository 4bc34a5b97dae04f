/** NDJSON of FHIR R4 resources, each with its source key as an identifier, or a tag, of `urn:waybill:source`. */
export const FHIR_RECORDS = 'application/fhir+ndjson';
/** NDJSON of `KeyedRecord`s: what a lineage makes for a target that takes no FHIR. */
export const KEYED_RECORDS = 'application/vnd.waybill.records+ndjson';

/** A record in its target's own form, which has no room for the key: one line of a parcel of KEYED_RECORDS. */
export interface KeyedRecord {
  /** The source key: unique among the records of its type, the same on every retry. */
  readonly key: string;
  /** The key of the patient it belongs to; null for patients and for what belongs to nobody. */
  readonly parent: string | null;
  /** `resourceType` names the type of the record, in the words of the lineage map. */
  readonly record: { readonly resourceType: string; readonly [name: string]: unknown };
}

/**
 * What is delivered in one step: a whole item (`bytes`), or up to a hundred of the records mapped from it (`records`:
 * FHIR_RECORDS or KEYED_RECORDS). `key` is the idempotency key: unique in the migration, the same on every retry.
 */
export interface Parcel {
  readonly key: string;
  /** Where the bytes go, relative POSIX. A records parcel has the path of its item. */
  readonly path: string;
  readonly shape: 'bytes' | 'records';
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** A token the host stores and gives back, perhaps after a restart. Plain JSON, without patient data. */
export interface Staged {
  readonly key: string;
  /** What the target holds now, as the target itself reports it; the host compares. */
  readonly sizeBytes: number;
  /** SHA-256 (64 hex digits) computed by the target, where it can. */
  readonly sha256?: string | undefined;
  readonly state: { readonly [name: string]: string | number | boolean };
}

/** Proof of a commit. `parts` is the crosswalk of a records parcel: source key to the id the target gave. */
export interface Receipt {
  readonly targetId: string;
  readonly parts?: readonly { readonly key: string; readonly targetId: string }[] | undefined;
}

/**
 * What a receiver said of what was committed. `accepted`: it has taken it over; `refused`: it will not have it;
 * `missing`: it has said nothing, or not yet.
 */
export interface Acknowledgement {
  readonly outcome: 'accepted' | 'refused' | 'missing';
  /** `accept`: it was stored; `application`: it was processed (HL7 2.9, 2.9.2 and 2.9.3). Null: nothing was said. */
  readonly level: 'accept' | 'application' | null;
  /** The receiver's own code, for example AA; at most 20 letters, digits and spaces, never patient data. */
  readonly code: string;
  /** What was spoken of, for people who ask the receiver: an opaque digest, never patient data. */
  readonly about: string;
}

/** A place to copy to. A parcel is staged, compared by the host, and only then committed. */
export interface Target {
  /**
   * The receipt of a committed parcel, or `undefined` when there is none: the look-up before a write. A target that
   * cannot tell its own work from another's answers `undefined`; its commit then compares contents.
   */
  stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined>;
  /**
   * Stores bytes where readers cannot see them, and resolves once they are durable, or are such that a commit after a
   * restart which finds them gone fails with ITEM_NOT_FOUND: the host stages them again.
   */
  stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged>;
  /**
   * Makes a staged parcel visible, atomically. Repeating it succeeds with the same receipt. It never replaces:
   * other content under the same name fails with ITEM_CONFLICT.
   */
  commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt>;
  /** Forgets what was staged. Repeating it succeeds. */
  discard(staged: Staged, signal: AbortSignal): Promise<void>;
  /**
   * Streams back what was committed under `targetId`. Fails with ITEM_NOT_FOUND; with NOT_READABLE where the capability
   * `readBack` is false, or the receiver has taken it away.
   */
  read(targetId: string, offsetBytes: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
  /**
   * What the receiver said of what was committed under `targetId`, as far as it has said it by now: asked again, it may
   * have changed from `missing`. Absent where no receiver is asked. It says nothing of the bytes themselves.
   */
  acknowledgement?(targetId: string, signal: AbortSignal): Promise<Acknowledgement>;
  /**
   * By type, the fields of a record that were written and that the target is not known to give back. Nobody compares
   * them, and the assurance of what was moved names them. Absent: everything is given back.
   */
  readonly withheld?: Withheld | undefined;
  /**
   * `normalised`: the target is known to write decimals with digits of its own, so that 1.010 comes back as 1.01; their
   * value is compared then, and the assurance says so. Absent: it keeps them, as FHIR R4 asks.
   */
  readonly decimals?: 'kept' | 'normalised' | undefined;
  /** Present when the capability `listing` is declared. */
  readonly listing?: TargetListing | undefined;
}

export type Withheld = { readonly [type: string]: readonly string[] };

export interface TargetRecord {
  readonly targetId: string;
  /** For a bytes target the path, for a record its source key when the target keeps one. */
  readonly key: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** A record's content (FHIR JSON); absent for bytes, which are read one by one. */
  readonly content?: Uint8Array | undefined;
}

/** Everything the target holds, for finding what should not be there and what is there twice. */
export interface TargetListing {
  /** Every committed item of bytes. */
  items(signal: AbortSignal): AsyncIterable<TargetRecord>;
  /** Every record of one type, for example the FHIR resource type `Patient`. Empty when the target keeps no records. */
  records(type: string, signal: AbortSignal): AsyncIterable<TargetRecord>;
  /**
   * Every record of one type that carries one of these source keys, copies included: what `records` shows of them,
   * without going through all. Absent where the target cannot search by them.
   */
  readonly recordsByKey?:
    | ((type: string, keys: readonly string[], signal: AbortSignal) => AsyncIterable<TargetRecord>)
    | undefined;
  /**
   * What the target itself shows of these types in the chart of a patient, as whoever opens the chart there sees it:
   * type by type, in the target's own order; medications from the newest to the oldest, MedicationRequest by
   * `authoredOn`, MedicationStatement by when it was taken (`effective`). `targetId` is the patient's. Fails with
   * ITEM_NOT_FOUND where there is no such patient. Present when the capability `charts` is declared.
   */
  readonly chart?:
    | ((targetId: string, types: readonly string[], signal: AbortSignal) => AsyncIterable<TargetRecord>)
    | undefined;
}

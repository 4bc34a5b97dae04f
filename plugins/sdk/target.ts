/**
 * What is delivered in one step: a whole item (`bytes`), or up to a hundred of the records mapped from it (`records`:
 * FHIR R4 resources as NDJSON). `key` is the idempotency key: unique in the migration, the same on every retry.
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

/** A place to copy to. A parcel is staged, compared by the host, and only then committed. */
export interface Target {
  /**
   * The receipt of a committed parcel, or `undefined` when there is none: the look-up before a write. A target that
   * cannot tell its own work from another's answers `undefined`; its commit then compares contents.
   */
  stat(parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined>;
  /** Stores bytes where readers cannot see them, and resolves once they are durable. */
  stage(parcel: Parcel, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Staged>;
  /**
   * Makes a staged parcel visible, atomically. Repeating it succeeds with the same receipt. It never replaces:
   * other content under the same name fails with ITEM_CONFLICT.
   */
  commit(parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt>;
  /** Forgets what was staged. Repeating it succeeds. */
  discard(staged: Staged, signal: AbortSignal): Promise<void>;
  /** Streams back what was committed under `targetId`. Fails with ITEM_NOT_FOUND. */
  read(targetId: string, offsetBytes: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
  /** Present when the capability `listing` is declared. */
  readonly listing?: TargetListing | undefined;
}

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
}

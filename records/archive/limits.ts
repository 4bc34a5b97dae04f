/** How far an archive is looked into. What is beyond a limit is a problem of its own, never passed over in silence. */
export interface ArchiveLimits {
  /** Entries of one archive, those of archives inside it included. */
  readonly entriesMax: number;
  /** Archives inside archives: 1 is an archive that holds none. */
  readonly depthMax: number;
  /** Bytes unpacked from one archive, all its entries and all depths together. */
  readonly inflatedBytesMax: number;
  /** An archive that unpacks to so many times its own size is a bomb ... */
  readonly ratioMax: number;
  /** ... once it has unpacked to so many bytes: small files of spaces are none. */
  readonly ratioFromBytes: number;
  /** An archive inside another one is held whole, up to this size. */
  readonly heldBytesMax: number;
}

const MIB = 1024 * 1024;

/** Extracts of text pack 5 to 50 times; DEFLATE cannot pack more than 1,032 times. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  entriesMax: 100_000,
  depthMax: 4,
  inflatedBytesMax: 1024 * MIB,
  ratioMax: 200,
  ratioFromBytes: 32 * MIB,
  heldBytesMax: 16 * MIB,
};

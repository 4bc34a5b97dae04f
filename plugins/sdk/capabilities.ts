/** Facts about a connector, as data: tested in both directions, shown to people, and the only reason to skip a test. */
export interface Capabilities {
  /** `read` honours an offset without transferring what lies before it. */
  readonly resumeRead: boolean;
  /** The source lists in the order of the UTF-8 bytes of its paths, and can go on after one of them. */
  readonly orderedListing?: boolean | undefined;
  /**
   * For how many milliseconds a source may prepare its listing before the first item comes, where the other side has to
   * make something first. Absent: no longer than any other wait.
   */
  readonly preparationMaxMs?: number | undefined;
  /**
   * `false`: what the target committed cannot be read back. `read` then fails with NOT_READABLE, there is no listing,
   * and what the receiver said (`Target.acknowledgement`) is all that is known. Absent: it can be read back.
   */
  readonly readBack?: boolean | undefined;
  /** The target can list what it holds. */
  readonly listing: boolean;
  /** The target shows the chart of a patient (`TargetListing.chart`), where it takes FHIR. Absent: it has no charts. */
  readonly charts?: boolean | undefined;
  /** Which parcels the target takes. */
  readonly shapes: readonly ('bytes' | 'records')[];
  /**
   * `spool`: `stage` keeps the parcel in the spool under its key, and it leaves when it is read from there. Its
   * bytes then wait for bandwidth as they are read, and the deadline of who sends it starts again with each. Absent:
   * bytes leave while they are staged.
   */
  readonly staging?: 'spool' | undefined;
  /** `stage` reports a SHA-256 that the target computed. */
  readonly remoteDigest: boolean;
  /** What it speaks over; absent when it leaves its machine by no network. `memory` is this process's own. */
  readonly transport?: 'ssh' | 'https' | 'tcp' | 'memory' | undefined;
  /** How many operations may run at once over one opened connection. */
  readonly concurrencyMax: number;
}

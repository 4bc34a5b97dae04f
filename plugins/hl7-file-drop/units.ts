/** Where the messages and envelopes of a batch file begin (HL7 v2 chapter 2.10.3), and whether its envelopes hold. */

const KINDS = ['MSH', 'FHS', 'BHS', 'BTS', 'FTS'] as const;
export type Kind = (typeof KINDS)[number];

/** What lies between two units belongs to the first of them, and what comes before the first one to that. */
export interface Unit {
  readonly kind: Kind;
  readonly at: number;
  readonly sizeBytes: number;
}

/** Of a line as much is looked at: a header's name, and the count in a trailer. */
const HEAD_BYTES = 64;
/** Of each its place is kept in memory. */
export const UNITS_MAX = 100_000;
const [CR, LF] = [0x0d, 0x0a];
/** Of UTF-8, read as latin1. A file that has one in its middle was put together of others. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';
/** MLLP's two, blanks and NULs; ends of lines end an empty one. */
const FRAMING = [0x0b, 0x1c, 0x20, 0x00];

/**
 * The units of a file of several messages. Undefined for anything else, and where an envelope has no end or no
 * beginning, a count that is another one, or a message beside it: such a file says something only as a whole.
 */
export async function unitsOf(bytes: AsyncIterable<Uint8Array>): Promise<readonly Unit[] | undefined> {
  const envelopes = new Envelopes();
  const begun: { readonly kind: Kind; readonly at: number }[] = [];
  const read = { bytes: 0 };
  for await (const { head, at } of headsOf(bytes, read)) {
    const isMarked = head.startsWith(BYTE_ORDER_MARK);
    const kind = kindOf(isMarked ? head.slice(BYTE_ORDER_MARK.length) : head);
    if (begun.length === 0 ? kind === undefined : isMarked) return undefined;
    if (kind === undefined) continue;
    if (begun.length >= UNITS_MAX || !envelopes.takes(kind, head)) return undefined;
    begun.push({ kind, at: begun.length === 0 ? 0 : at });
  }
  if (begun.length < 2 || !envelopes.isClosed) return undefined;
  return begun.map(({ kind, at }, index) => ({ kind, at, sizeBytes: (begun[index + 1]?.at ?? read.bytes) - at }));
}

interface LineHead {
  readonly head: string;
  readonly at: number;
}

/** The beginning of each line that is not empty, without the framing before it; `read` counts. */
async function* headsOf(bytes: AsyncIterable<Uint8Array>, read: { bytes: number }): AsyncGenerator<LineHead> {
  const head = Buffer.alloc(HEAD_BYTES);
  let [length, begun] = [0, 0];
  for await (const chunk of bytes) {
    for (let index = 0; index < chunk.byteLength; index++) {
      const byte = chunk[index] ?? 0;
      if (byte === CR || byte === LF) {
        if (length > 0 && length < HEAD_BYTES) yield { head: head.toString('latin1', 0, length), at: begun };
        length = 0;
      } else if (length === 0) {
        if (FRAMING.includes(byte)) continue;
        begun = read.bytes + index;
        head[length++] = byte;
      } else if (length < HEAD_BYTES) {
        head[length++] = byte;
        // The rest of it may be as long as the file.
        if (length === HEAD_BYTES) yield { head: head.toString('latin1'), at: begun };
      }
    }
    read.bytes += chunk.byteLength;
  }
  if (length > 0 && length < HEAD_BYTES) yield { head: head.toString('latin1', 0, length), at: begun };
}

/** Letters, digits and white space cannot delimit; a trailer may have no field at all. */
function kindOf(head: string): Kind | undefined {
  const kind = KINDS.find((each) => head.startsWith(each));
  const delimiter = head[3];
  if (delimiter === undefined) return kind?.endsWith('TS') === true ? kind : undefined;
  return delimiter <= ' ' || /[0-9A-Za-z]/.test(delimiter) ? undefined : kind;
}

/** One file within FHS and FTS or without, batches within BHS and BTS or messages alone, and counts as declared. */
class Envelopes {
  #file: 'none' | 'open' | 'closed' = 'none';
  #batches = 0;
  /** In the batch that is open. */
  #inBatch: number | undefined;
  #outside = 0;

  get isClosed(): boolean {
    return this.#file !== 'open' && this.#inBatch === undefined;
  }

  /** Whether the unit may stand here. */
  takes(kind: Kind, head: string): boolean {
    if (this.#file === 'closed') return false;
    switch (kind) {
      case 'MSH':
        if (this.#inBatch === undefined) this.#outside++;
        else this.#inBatch++;
        return this.#outside === 0 || this.#batches === 0;
      case 'FHS':
        if (this.#file !== 'none' || this.#batches + this.#outside > 0) return false;
        this.#file = 'open';
        return true;
      case 'BHS':
        if (this.#inBatch !== undefined || this.#outside > 0) return false;
        [this.#inBatch, this.#batches] = [0, this.#batches + 1];
        return true;
      case 'BTS':
        return this.#endsBatch(head);
      case 'FTS':
        return this.#endsFile(head);
      default:
        return kind satisfies never;
    }
  }

  #endsBatch(head: string): boolean {
    if (this.#inBatch === undefined) return false;
    const isRight = declares(head, [this.#inBatch]);
    this.#inBatch = undefined;
    return isRight;
  }

  #endsFile(head: string): boolean {
    if (this.#file !== 'open' || this.#inBatch !== undefined) return false;
    this.#file = 'closed';
    // Messages that stand in a file and in no batch are one batch, or none: both are written.
    return declares(head, this.#outside > 0 ? [1, 0] : [this.#batches]);
  }
}

/** Whether BTS-1 or FTS-1 is left out, or one of these. */
function declares(head: string, counts: readonly number[]): boolean {
  const [, field = ''] = head.length > 3 ? head.split(head.charAt(3)) : [];
  const declared = field.split('^', 1)[0]?.trim() ?? '';
  return declared === '' || (/^\d{1,15}$/.test(declared) && counts.includes(Number(declared)));
}

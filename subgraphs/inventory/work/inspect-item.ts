/** Opens one item to see what it is and what it hides: its beginning, or all of it where things can be inside. */
import type { Source } from '../../../plugins/host/index.ts';
import type { ArchiveBytes } from '../../../records/archive/bytes.ts';
import { CLASSIFY_BYTES_MAX, classify, type ContentKind } from '../../../records/classify.ts';
import { sniffMediaType } from '../../../records/document/sniff.ts';
import { agreesWithExtension } from '../../../records/extension.ts';
import type { Format } from '../../../records/format.ts';
import { type HiddenThings, NOTHING_HIDDEN, type Noted } from '../../../records/hidden/hidden.ts';
import { lookInside } from '../../../records/hidden/look-inside.ts';
import { ItemReading } from '../../../records/item-bytes.ts';
import { agreesWithFormat, isStructured } from '../../../records/structure.ts';
import { unreadCodeOf } from './patience.ts';

/** What lies beyond is not looked at, and that is noted. */
export const INSPECTED_BYTES_MAX = 256 * 1024 * 1024;
/** An item that takes longer is noted; the others go on. */
const INSPECTION_DEADLINE_MS = 5 * 60_000;

export interface Inspection {
  /** Null where it could not be read; `noted` says why. */
  readonly contentKind: ContentKind | null;
  readonly mediaType: string | null;
  readonly isStructured: boolean | null;
  readonly inside: HiddenThings;
  readonly noted: readonly Noted[];
  /** The fault that kept it from being read. */
  readonly failure: unknown;
}

export interface Inspected {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Never throws for what one item does; throws what `signal` asks for. */
export async function inspectItem(
  source: Pick<Source, 'read'>,
  item: Inspected,
  format: Format,
  signal: AbortSignal,
): Promise<Inspection> {
  signal.throwIfAborted();
  const deadline = new AbortController();
  const stop = () => deadline.abort(signal.reason);
  const timer = setTimeout(() => deadline.abort(), INSPECTION_DEADLINE_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await look(source, item, format, deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    const code = deadline.signal.aborted ? 'NOT_READ_IN_TIME' : unreadCodeOf(error);
    const noted = [{ code, position: 'item' }];
    const nothing = { contentKind: null, mediaType: null, isStructured: null, inside: NOTHING_HIDDEN };
    return { ...nothing, noted, failure: error };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function look(source: Pick<Source, 'read'>, item: Inspected, format: Format, signal: AbortSignal) {
  const bytes = new Metered(source.read(item.path, 0, signal), item.sizeBytes);
  const reading = new ItemReading(bytes);
  try {
    const head = await reading.peek(CLASSIFY_BYTES_MAX);
    const contentKind = classify(head);
    const inside = await lookInside(contentKind, reading, anywhereOf(source, item, signal));
    const noted: Noted[] = [];
    const note = (code: string, position = 'item') => noted.push({ code, position });
    if (contentKind === 'empty') note('EMPTY_ITEM');
    if (contentKind === 'unknown') note('CONTENT_UNKNOWN', 'byte 0');
    if (!agreesWithFormat(format, contentKind)) note('FORMAT_DIFFERS', 'byte 0');
    if (contentKind !== 'empty' && !agreesWithExtension(item.path, contentKind)) note('EXTENSION_DIFFERS', 'byte 0');
    if (bytes.isShort || bytes.isLong) note('SIZE_DIFFERS', `byte ${bytes.readBytes}`);
    else if (bytes.isCut) note('PARTLY_INSPECTED', `byte ${bytes.readBytes}`);
    return {
      contentKind,
      mediaType: sniffMediaType(head),
      isStructured: isStructured(contentKind),
      inside,
      noted: [...noted, ...inside.noted],
      failure: undefined,
    };
  } finally {
    await reading.close().catch(() => undefined);
  }
}

/** The same item from any offset: an archive lists its members at its end. */
function anywhereOf(source: Pick<Source, 'read'>, { path, sizeBytes }: Inspected, signal: AbortSignal): ArchiveBytes {
  return { sizeBytes, range: (start) => source.read(path, start, signal) };
}

/** The bytes of an item that was listed with a size: neither an endless one nor a huge one is read without end. */
class Metered implements AsyncIterable<Uint8Array> {
  readBytes = 0;
  isCut = false;
  isLong = false;
  isShort = false;
  readonly #bytes: AsyncIterable<Uint8Array>;
  readonly #sizeBytes: number;

  constructor(bytes: AsyncIterable<Uint8Array>, sizeBytes: number) {
    this.#bytes = bytes;
    this.#sizeBytes = sizeBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      this.readBytes += chunk.byteLength;
      this.isLong = this.readBytes > this.#sizeBytes;
      this.isCut = this.readBytes > INSPECTED_BYTES_MAX;
      yield chunk;
      if (this.isLong || this.isCut) return;
    }
    this.isShort = this.readBytes < this.#sizeBytes;
  }
}

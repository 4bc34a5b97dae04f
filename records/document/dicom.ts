/** A DICOM file (PS3.10 section 7, PS3.5 section 7): preamble, meta information, every element up to the end. */
import { inflateRawSync } from 'node:zlib';
import type { Problem } from '../format.ts';
import { type DicomEnd, DicomWalk, type ElementHead, type Encoding } from './dicom-walk.ts';
import { broken, type DocumentLook } from './look.ts';
import { type FileWindows, windowsOfBytes } from './windows.ts';

const PREAMBLE_BYTES = 132;
/** A deflated data set that is larger is not looked into. */
const INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** Values longer than this are not what is looked for; UIDs have at most 64 characters. */
const VALUE_BYTES_MAX = 64;

const TRANSFER_SYNTAX = 0x00020010;
const MEDIA_SOP_CLASS = 0x00020002;
const MEDIA_SOP_INSTANCE = 0x00020003;
const SOP_CLASS = 0x00080016;
const SOP_INSTANCE = 0x00080018;
const PATIENT_ID = 0x00100020;
const SAMPLES_PER_PIXEL = 0x00280002;
const FRAMES = 0x00280008;
const ROWS = 0x00280010;
const COLUMNS = 0x00280011;
const BITS_ALLOCATED = 0x00280100;
const PIXEL_DATA = 0x7fe00010;
/** Pixels as floating point numbers, and pixels kept on a server (PS3.3 C.7.6.24, C.7.6.25, C.7.6.3.1.7). */
const OTHER_PIXELS = [0x7fe00008, 0x7fe00009, 0x00287fe0] as const;
const KEPT: ReadonlySet<number> = new Set([
  ...[TRANSFER_SYNTAX, MEDIA_SOP_CLASS, MEDIA_SOP_INSTANCE, SOP_CLASS, SOP_INSTANCE],
  ...[SAMPLES_PER_PIXEL, FRAMES, ROWS, COLUMNS, BITS_ALLOCATED],
]);

const IMPLICIT_LITTLE = '1.2.840.10008.1.2';
const EXPLICIT_BIG = '1.2.840.10008.1.2.2';
const DEFLATED = /^1\.2\.840\.10008\.1\.2\.(?:1\.99|8\.1)$/;
/** Everything DICOM itself defines is encoded as explicit VR little endian otherwise (PS3.5 annex A). */
const STANDARD = /^1\.2\.840\.10008\.1\.2(?:\.|$)/;
/** A directory of other files belongs to no patient (PS3.3 annex F). */
const DIRECTORY_CLASS = '1.2.840.10008.1.3.10';

/** What was found: the values that are looked for, and where each element begins. */
class Seen {
  readonly values = new Map<number, Buffer>();
  readonly at = new Map<number, number>();
  pixels: ElementHead | undefined;

  take(head: ElementHead, file: FileWindows): void {
    if (head.depth > 0) return;
    this.at.set(head.tag, head.at);
    if (head.tag === PIXEL_DATA) this.pixels = head;
    if (!KEPT.has(head.tag) || head.lengthBytes === undefined || head.lengthBytes > VALUE_BYTES_MAX) return;
    const value = file.read(head.valueAt, head.lengthBytes);
    if (value !== undefined) this.values.set(head.tag, value);
  }

  text(tag: number): string {
    return (this.values.get(tag)?.toString('latin1') ?? '').replace(/[\s\0]+$/, '');
  }

  number(tag: number, encoding: Encoding): number | undefined {
    const value = this.values.get(tag);
    if (value === undefined || value.length < 2) return undefined;
    return encoding.isLittle ? value.readUInt16LE(0) : value.readUInt16BE(0);
  }
}

/** One page a frame. The values of elements are compared and counted, and never told. */
export function checkDicom(file: FileWindows): DocumentLook {
  const meta = new Seen();
  const metaWalk = new DicomWalk(file, { isExplicit: true, isLittle: true });
  const metaEnd = metaWalk.run(PREAMBLE_BYTES, (head) => meta.take(head, file), { group: 2 });
  if (metaEnd.kind === 'problem') return { problems: [metaEnd.problem] };
  const syntax = meta.text(TRANSFER_SYNTAX);
  if (syntax === '') {
    return broken('DICOM_SYNTAX_MISSING', 'byte 132 (0002,0010)', 'no transfer syntax says how it is encoded');
  }
  const problems: Problem[] = [];
  if (!STANDARD.test(syntax)) problems.push(unknownSyntax(meta.at.get(TRANSFER_SYNTAX) ?? 0));
  if (metaEnd.kind === 'unseen') return { pages: 1, problems };
  const body = DEFLATED.test(syntax) ? inflated(file, metaEnd.at) : { file, at: metaEnd.at };
  if (!('file' in body)) return body;
  return checkDataSet(body, meta, encodingOf(syntax), problems);
}

function encodingOf(syntax: string): Encoding {
  return { isExplicit: syntax !== IMPLICIT_LITTLE, isLittle: syntax !== EXPLICIT_BIG };
}

interface Body {
  readonly file: FileWindows;
  readonly at: number;
}

/** The data set of the Deflated transfer syntaxes is compressed as a whole (PS3.5 annex A.5). */
function inflated(file: FileWindows, at: number): Body | DocumentLook {
  if (file.whole === undefined) return { pages: 1, problems: [] };
  try {
    const bytes = inflateRawSync(file.whole.subarray(at), { maxOutputLength: INFLATED_BYTES_MAX });
    return { file: windowsOfBytes(bytes), at: 0 };
  } catch (error) {
    const isLarge = (error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const [code, why] = isLarge
      ? (['DICOM_TOO_LARGE', `the data set inflates to more than ${INFLATED_BYTES_MAX} bytes`] as const)
      : (['DICOM_TRUNCATED', 'the deflated data set is cut off or damaged'] as const);
    return broken(code, `byte ${at}`, why);
  }
}

function checkDataSet({ file, at }: Body, meta: Seen, encoding: Encoding, problems: Problem[]): DocumentLook {
  const seen = new Seen();
  const end: DicomEnd = new DicomWalk(file, encoding).run(at, (head) => seen.take(head, file), {});
  if (end.kind === 'problem') return { problems: [...problems, end.problem] };
  const frames = Number(seen.text(FRAMES) || 1);
  const pages = Number.isSafeInteger(frames) && frames > 0 ? frames : 1;
  // A part that was not seen cannot be missing.
  if (end.kind === 'unseen') return { pages, problems };
  problems.push(...identityProblems(meta, seen), ...pixelProblems(seen, encoding, pages));
  return { pages, problems };
}

/** What the header promises is what the data set is, and it says whose it is. */
function identityProblems(meta: Seen, seen: Seen): Problem[] {
  if (meta.text(MEDIA_SOP_CLASS) === DIRECTORY_CLASS) return [];
  const problems: Problem[] = [];
  for (const [tag, promised] of [
    [SOP_CLASS, MEDIA_SOP_CLASS],
    [SOP_INSTANCE, MEDIA_SOP_INSTANCE],
  ] as const) {
    if (seen.text(tag) === '') {
      problems.push(invalid('DICOM_IDENTITY_MISSING', seen, tag, 'the object does not say which one it is'));
    } else if (meta.text(promised) !== '' && meta.text(promised) !== seen.text(tag)) {
      problems.push(invalid('DICOM_IDENTITY_DIFFERS', seen, tag, 'the header names another object'));
    }
  }
  if (!seen.at.has(PATIENT_ID)) {
    problems.push(invalid('DICOM_PATIENT_MISSING', seen, PATIENT_ID, 'the object does not say whose it is'));
  }
  return problems;
}

const BITS_PER_BYTE = 8;
const COLOURS = 3;

/** Pixels that are not compressed fill their rows and columns exactly (PS3.5 section 8.1). */
function pixelProblems(seen: Seen, encoding: Encoding, frames: number): Problem[] {
  const [rows, columns, bits] = [ROWS, COLUMNS, BITS_ALLOCATED].map((tag) => seen.number(tag, encoding));
  if (rows === undefined || columns === undefined || bits === undefined) return [];
  if (OTHER_PIXELS.some((tag) => seen.at.has(tag))) return [];
  const { pixels } = seen;
  // Compressed ones are ended by a delimiter, and that has been found.
  if (pixels !== undefined && pixels.lengthBytes === undefined) return [];
  const samples = seen.number(SAMPLES_PER_PIXEL, encoding) ?? 1;
  const neededBytes = Math.ceil((rows * columns * samples * frames * bits) / BITS_PER_BYTE);
  const foundBytes = pixels?.lengthBytes ?? 0;
  // Some colours are stored at half the columns, or at half of both.
  if (foundBytes >= neededBytes || (samples === COLOURS && foundBytes >= neededBytes / 2)) return [];
  return [invalid('DICOM_PIXELS_MISSING', seen, PIXEL_DATA, 'fewer pixels than the rows and columns say')];
}

function unknownSyntax(at: number): Problem {
  const message = 'a transfer syntax that DICOM does not define; it was read as explicit VR little endian';
  return { category: 'schema-invalid', code: 'DICOM_SYNTAX_UNKNOWN', position: `byte ${at} (0002,0010)`, message };
}

function invalid(code: string, seen: Seen, tag: number, message: string): Problem {
  const place = tag.toString(16).padStart(8, '0').toUpperCase();
  const position = `byte ${seen.at.get(tag) ?? 0} (${place.slice(0, 4)},${place.slice(4)})`;
  return { category: 'schema-invalid', code, position, message };
}

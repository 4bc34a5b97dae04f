/** Examines one item as the format it is declared to be: counts it and says what is wrong with it. */
import { examineArchive } from './archive/examine.ts';
import { examineCcda } from './ccda/examine.ts';
import type { ContentKind } from './classify.ts';
import { examineDelimited } from './delimited/examine.ts';
import { examineDocument } from './document/examine.ts';
import { sniffMediaType, UNKNOWN_MEDIA_TYPE } from './document/sniff.ts';
import { examineFhir } from './fhir/examine.ts';
import type { Examination, Format, Problem } from './format.ts';
import { examineHl7 } from './hl7v2/examine.ts';
import { ItemReading, type ItemBytes, type ItemChunks } from './item-bytes.ts';

const EXAMINERS: Readonly<Record<Format, (path: string, chunks: ItemChunks) => Promise<Examination>>> = {
  hl7v2: examineHl7,
  fhir: examineFhir,
  ccda: examineCcda,
  delimited: examineDelimited,
  document: async (path, chunks) => {
    const isArchive = sniffMediaType(await chunks.peek(HEAD_BYTES)) === ARCHIVE_MEDIA_TYPE;
    return isArchive ? examineArchive(path, chunks, examineMember) : examineDocument(path, chunks);
  },
  bytes: async (_path, chunks) => unexamined(await chunks.peek(HEAD_BYTES)),
};

const HEAD_BYTES = 4096;
const ARCHIVE_MEDIA_TYPE = 'application/zip';

/** As what a member of an archive is examined: what it is by its content. Other kinds have nothing to be checked. */
const MEMBER_FORMATS: Partial<Readonly<Record<ContentKind, keyof typeof EXAMINERS>>> = {
  hl7v2: 'hl7v2',
  'fhir-json': 'fhir',
  'fhir-ndjson': 'fhir',
  ccda: 'ccda',
  delimited: 'delimited',
  pdf: 'document',
  tiff: 'document',
  jpeg: 'document',
  png: 'document',
  rtf: 'document',
  html: 'document',
  dicom: 'document',
};

async function examineMember(kind: ContentKind, chunks: ItemChunks): Promise<readonly Problem[]> {
  if (kind === 'empty') return [{ ...EMPTY, category: 'content-implausible' }];
  const format = MEMBER_FORMATS[kind];
  return format === undefined ? [] : (await EXAMINERS[format]('', chunks)).problems;
}

/**
 * Never throws on data, whatever the format declared; only an error of `bytes` itself passes through. Always reads
 * `bytes` to its end, so that a digest may be taken on the way, and holds no more than the codecs' limits of it.
 */
export async function examine(format: Format, path: string, bytes: ItemBytes): Promise<Examination> {
  const reading = new ItemReading(bytes);
  const head = await reading.peek(HEAD_BYTES);
  if (head.length === 0) {
    return format === 'bytes' ? unexamined(head) : { ...unexamined(head), problems: [EMPTY] };
  }
  const examination = await EXAMINERS[format](path, reading).catch(() => {
    if (reading.failure !== undefined) throw reading.failure.error;
    return failed(head, 'EXAMINATION_FAILED', `the content is beyond what can be read as ${format}`);
  });
  await reading.drain();
  if (examination.mediaType !== UNKNOWN_MEDIA_TYPE) return examination;
  return { ...examination, mediaType: sniffMediaType(head) };
}

const EMPTY: Problem = {
  category: 'unreadable',
  code: 'EMPTY',
  position: 'byte 0',
  message: 'the item has no bytes',
};

function unexamined(head: Buffer): Examination {
  return { shape: null, problems: [], mediaType: sniffMediaType(head) };
}

function failed(head: Buffer, code: string, message: string): Examination {
  const problem: Problem = { category: 'unreadable', code, position: 'byte 0', message };
  return { ...unexamined(head), problems: [problem] };
}

/** Examines one item as the format it is declared to be: counts it and says what is wrong with it. */
import { examineCcda } from './ccda/examine.ts';
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
  document: examineDocument,
  bytes: async (_path, chunks) => unexamined(await chunks.peek(HEAD_BYTES)),
};

const HEAD_BYTES = 4096;

/**
 * Never throws on data, whatever the format declared; only an error of `bytes` itself passes through. Always reads
 * `bytes` to its end, so that a digest may be taken on the way, and holds no more than the codecs' limits of it.
 */
export async function examine(format: Format, path: string, bytes: ItemBytes): Promise<Examination> {
  const reading = new ItemReading(bytes);
  const head = await reading.peek(HEAD_BYTES);
  if (head.length === 0) {
    return format === 'bytes' ? unexamined(head) : failed(head, 'EMPTY', 'the item has no bytes');
  }
  const examination = await EXAMINERS[format](path, reading).catch(() => {
    if (reading.failure !== undefined) throw reading.failure.error;
    return failed(head, 'EXAMINATION_FAILED', `the content is beyond what can be read as ${format}`);
  });
  await reading.drain();
  if (examination.mediaType !== UNKNOWN_MEDIA_TYPE) return examination;
  return { ...examination, mediaType: sniffMediaType(head) };
}

function unexamined(head: Buffer): Examination {
  return { shape: null, problems: [], mediaType: sniffMediaType(head) };
}

function failed(head: Buffer, code: string, message: string): Examination {
  const problem: Problem = { category: 'unreadable', code, position: 'byte 0', message };
  return { ...unexamined(head), problems: [problem] };
}

/** XML documents as a codec: one record, the document; what is not well-formed, or too large, is filling. */
import { decodeText, encodeText } from '../charset.ts';
import type { Codec, CodecRead } from '../codec.ts';
import { tooLarge } from '../findings.ts';
import { asBuffer, type ItemChunks } from '../item-bytes.ts';
import { declaredCharset } from './declaration.ts';
import { DOCUMENT_BYTES_MAX, parseXml, type XmlElement } from './tree.ts';

/** A document as its bytes have it: comments, white space, quotation marks and references as they were written. */
export interface XmlDocument {
  readonly text: string;
  readonly root: XmlElement;
  /** A WHATWG label. */
  readonly charset: string;
  /** The byte order mark. */
  readonly mark: Buffer;
  readonly bytes: Buffer;
}

export const XML_CODEC: Codec<XmlDocument> = { read, write: writeDocument };

async function* read(_path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<XmlDocument>> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    sizeBytes += chunk.byteLength;
    parts.push(asBuffer(chunk));
    // Beyond the limit nothing is held any more.
    if (sizeBytes > DOCUMENT_BYTES_MAX) for (const bytes of parts.splice(0)) yield { kind: 'filling', bytes };
  }
  if (sizeBytes > DOCUMENT_BYTES_MAX) {
    return yield { kind: 'problem', problem: tooLarge('byte 0', 'the document', DOCUMENT_BYTES_MAX) };
  }
  yield* readDocument(Buffer.concat(parts));
}

function* readDocument(bytes: Buffer): Generator<CodecRead<XmlDocument>> {
  const { text, charset, asDeclared, markBytes } = decodeText(bytes, declaredCharset(bytes));
  const parsed = parseXml(text);
  if ('problem' in parsed) {
    yield { kind: 'filling', bytes };
    return yield { kind: 'problem', problem: parsed.problem };
  }
  const record = { text, root: parsed.root, charset, mark: bytes.subarray(0, markBytes), bytes };
  yield { kind: 'record', position: `/${parsed.root.name}`, bytes, record };
  if (asDeclared) return;
  const message = 'the bytes are not in the character set of the XML declaration';
  const problem = { category: 'schema-invalid', code: 'CHARSET_MISMATCH', position: 'line 1', message } as const;
  yield { kind: 'problem', problem };
}

function writeDocument({ text, charset, mark, bytes }: XmlDocument): Buffer {
  const encoded = encodeText(text, charset);
  // Charsets of several bytes are read and not written; the document is then as it came.
  return encoded === undefined ? bytes : Buffer.concat([mark, encoded]);
}

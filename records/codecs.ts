/** The codec of each kind of content. */
import { ARCHIVE_CODEC } from './archive/codec.ts';
import { XML_CODEC } from './ccda/codec.ts';
import type { ContentKind } from './classify.ts';
import type { Codec } from './codec.ts';
import { DELIMITED_CODEC } from './delimited/codec.ts';
import { DOCUMENT_CODEC } from './document/codec.ts';
import { FHIR_CODEC } from './fhir/codec.ts';
import { HL7_CODEC } from './hl7v2/codec.ts';

/** A codec whose records are only ever handed back to it. */
export type AnyCodec = Codec<unknown>;

const CODECS: Partial<Record<ContentKind, AnyCodec>> = {
  hl7v2: asAny(HL7_CODEC),
  'fhir-json': asAny(FHIR_CODEC),
  'fhir-ndjson': asAny(FHIR_CODEC),
  ccda: asAny(XML_CODEC),
  xml: asAny(XML_CODEC),
  delimited: asAny(DELIMITED_CODEC),
  zip: asAny(ARCHIVE_CODEC),
};

/** What has no records of its own is read as a document. */
export function codecOf(kind: ContentKind): AnyCodec {
  return CODECS[kind] ?? asAny(DOCUMENT_CODEC);
}

function asAny<R>(codec: Codec<R>): AnyCodec {
  return { read: (path, chunks) => codec.read(path, chunks), write: (record) => codec.write(record as R) };
}

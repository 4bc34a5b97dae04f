/** What is known of a field by its path, before a value is seen. */
import type { Format } from '../format.ts';
import { ccdaKnowledge } from './knowledge-ccda.ts';
import { columnKnowledge } from './knowledge-columns.ts';
import { fhirKnowledge } from './knowledge-fhir.ts';
import { hl7Knowledge } from './knowledge-hl7v2.ts';
import { UNKNOWN, type Knowledge } from './phi.ts';

const KNOWLEDGE: Readonly<Record<Format, (path: string) => Knowledge>> = {
  hl7v2: hl7Knowledge,
  fhir: fhirKnowledge,
  ccda: ccdaKnowledge,
  delimited: columnKnowledge,
  document: () => UNKNOWN,
  bytes: () => UNKNOWN,
};

export function knowledgeOf(format: Format, path: string): Knowledge {
  return KNOWLEDGE[format](path);
}

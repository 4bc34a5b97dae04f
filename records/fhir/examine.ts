/** Counts resources and populated fields of a FHIR item, and checks the clinical ones. */
import { Findings } from '../findings.ts';
import type { Examination } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { recordFields } from '../leaves.ts';
import { checkResource } from './check.ts';
import { readFhir, type FhirLayout } from './read.ts';

export async function examineFhir(path: string, chunks: ItemChunks): Promise<Examination> {
  const findings = new Findings();
  let layout: FhirLayout | undefined;
  let records = 0;
  let fields = 0;
  const resources = readFhir(path, chunks, (found) => {
    layout = found;
  });
  for await (const read of resources) {
    if (read.kind === 'problem') {
      findings.add(read.problem);
      continue;
    }
    records++;
    fields += recordFields(read.resource);
    for (const problem of checkResource(read.resource, read.at)) findings.add(problem);
  }
  const isFhir = records > 0 || !findings.any;
  return {
    shape: isFhir ? { records, fields } : null,
    problems: findings.all(),
    mediaType: !isFhir
      ? 'application/octet-stream'
      : layout === 'ndjson'
        ? 'application/fhir+ndjson'
        : 'application/fhir+json',
  };
}

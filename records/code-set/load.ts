/** Makes a code map of a file, whichever of the known forms it has. */
import { RunningDigest } from '../../kernel/digest.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { CodeMapBuilder } from './builder.ts';
import type { CodeMapDocument } from './document.ts';
import { loadConceptMap } from './load-concept-map.ts';
import { loadCsv, type CsvOptions } from './load-csv.ts';
import { loadCvx } from './load-cvx.ts';
import { loadGems } from './load-gems.ts';
import { loadV2ToFhir } from './load-v2-to-fhir.ts';
import { codeSystem } from './system.ts';

export const CODE_MAP_FORMS = ['gems', 'cvx', 'v2-to-fhir', 'csv', 'concept-map'] as const;
export type CodeMapForm = (typeof CODE_MAP_FORMS)[number];

/** Of every reader: what it makes of a file may change with it, and provenance says which one it was. */
const READER_VERSION = 1;

export interface LoadOptions extends CsvOptions {
  readonly as: CodeMapForm;
  readonly name: string;
  /** Required where the file does not say it. */
  readonly version?: string | undefined;
  /** URIs; for GEMs and CSV they must be told. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The name of the file, for the provenance. */
  readonly source: string;
}

/** Refuses with CODE_MAP_INVALID, one refusal for each thing wrong (the first 20), by line or JSON pointer. */
export async function loadCodeMap(
  bytes: AsyncIterable<Uint8Array>,
  options: LoadOptions,
): Promise<Outcome<CodeMapDocument>> {
  const { as, name, version, from, to, source } = options;
  const builder = new CodeMapBuilder({
    name,
    version,
    from: from === undefined ? undefined : codeSystem(from),
    to: to === undefined ? undefined : codeSystem(to),
  });
  const digest = new RunningDigest();
  const through = digest.through(bytes);
  await read(as, through, builder, options);
  // What a reader left unread still belongs to the file the provenance names.
  for await (const rest of through) void rest;
  return builder.finish({ source, sha256: digest.value(), loadedWith: `${as} ${READER_VERSION}` });
}

function read(
  as: CodeMapForm,
  bytes: AsyncIterable<Uint8Array>,
  builder: CodeMapBuilder,
  options: LoadOptions,
): Promise<void> {
  switch (as) {
    case 'gems':
      return loadGems(bytes, builder);
    case 'cvx':
      return loadCvx(bytes, builder);
    case 'v2-to-fhir':
      return loadV2ToFhir(bytes, builder);
    case 'csv':
      return loadCsv(bytes, builder, options);
    case 'concept-map':
      return loadConceptMap(bytes, builder);
  }
  return as satisfies never;
}

/** `waybill code-map import|show|diff`: code maps as documents, made of the files they are published in. */
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Refusal } from '../../kernel/refusal.ts';
import { diffCodeMaps } from '../../records/code-set/diff.ts';
import {
  CODE_MAP_BYTES_MAX,
  type CodeMapDocument,
  codeMapText,
  codeTargetText,
  parseCodeMap,
} from '../../records/code-set/document.ts';
import { CODE_MAP_FORMS, type CodeMapForm, loadCodeMap } from '../../records/code-set/load.ts';
import { CSV_COLUMNS, type CsvColumn } from '../../records/code-set/load-csv.ts';
import { conceptMapOf } from '../../records/code-set/write-concept-map.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { sizeOfFile } from '../named-file.ts';
import { table } from '../table.ts';

export interface ImportOptions {
  readonly as: string;
  readonly out: string;
  readonly name?: string;
  readonly version?: string;
  readonly from?: string;
  readonly to?: string;
  readonly columns?: string;
  readonly equivalence?: string;
}

/** Reads a published table and writes the code map it holds. */
export async function importCodeMap(file: string, options: ImportOptions): Promise<ExitCode> {
  const as = formOf(options.as);
  await sizeOfFile(file);
  const name = options.name ?? nameOf(options.out);
  const { version, from, to, equivalence } = options;
  const columns = columnsOf(options.columns);
  const source = basename(file);
  const given = { as, name, version, from, to, source, columns, equivalence };
  const loaded = await loadCodeMap(createReadStream(file), given);
  if (!loaded.ok) throw new CommandRefused(loaded.refusals);
  await writeFile(options.out, codeMapText(loaded.value));
  process.stdout.write(`${options.out}: ${summaryOf(loaded.value, as)}\n`);
  return EXIT.clean;
}

export interface ShowOptions {
  readonly code?: readonly string[];
  readonly conceptMap?: boolean;
}

/** What a code map is and, code by code, what it says; with `conceptMap` as FHIR. */
export async function showCodeMap(file: string, options: ShowOptions): Promise<ExitCode> {
  const document = await readCodeMap(file);
  if (options.conceptMap === true) {
    process.stdout.write(`${JSON.stringify(conceptMapOf(document), undefined, 2)}\n`);
    return EXIT.clean;
  }
  const asked = options.code ?? [];
  const rows = asked.map((code) => {
    const entry = Object.hasOwn(document.codes, code) ? document.codes[code] : undefined;
    if (entry === undefined) return [code, '', 'not in this code map'];
    return [code, entry.display ?? '', entry.targets.map(codeTargetText).join('; ') || 'nothing'];
  });
  const { source, sha256, loadedWith } = document.provenance;
  const lines = [
    `${document.name} ${document.version}: ${summaryOf(document)}`,
    `from ${source}, sha256 ${sha256}, read as ${loadedWith}`,
    ...(rows.length === 0 ? [] : [table(['code', 'display', 'stands for it'], rows)]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.clean;
}

/** What changed from one code map to another, line by line. */
export async function diffCodeMapFiles(before: string, after: string): Promise<ExitCode> {
  const { head, codes } = diffCodeMaps(await readCodeMap(before), await readCodeMap(after));
  const lines = codes.flatMap(({ code, before: old, after: now }) => [
    ...old.map((line) => `- ${code}: ${line}`),
    ...now.map((line) => `+ ${code}: ${line}`),
  ]);
  const total = `${codes.length} codes differ`;
  process.stdout.write(`${[...head, ...lines, total].join('\n')}\n`);
  return EXIT.clean;
}

/** The text of a code map at the command line; refused where it cannot be read or is too large. */
export async function codeMapFileText(file: string): Promise<string> {
  if ((await sizeOfFile(file)) > CODE_MAP_BYTES_MAX) {
    throw refusal(file, `is larger than ${CODE_MAP_BYTES_MAX} bytes`, 'divide the map');
  }
  return readFile(file, 'utf8');
}

export function formOf(text: string | undefined): CodeMapForm {
  const as = CODE_MAP_FORMS.find((form) => form === text);
  if (as === undefined) throw refusal('--as', 'names no form of a code map', `one of: ${CODE_MAP_FORMS.join(', ')}`);
  return as;
}

export async function readCodeMap(file: string): Promise<CodeMapDocument> {
  const parsed = parseCodeMap(await codeMapFileText(file));
  if (!parsed.ok) throw new CommandRefused(parsed.refusals);
  return parsed.value;
}

/** `code=Local code,target=LOINC`. */
export function columnsOf(text: string | undefined): Partial<Record<CsvColumn, string>> | undefined {
  if (text === undefined) return undefined;
  const columns: Partial<Record<CsvColumn, string>> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const column = CSV_COLUMNS.find((each) => each === part.slice(0, at));
    if (column === undefined) {
      throw refusal(
        '--columns',
        'names no column of a code map',
        `write COLUMN=HEADING; one of: ${CSV_COLUMNS.join(', ')}`,
      );
    }
    columns[column] = part.slice(at + 1);
  }
  return columns;
}

function nameOf(out: string): string {
  return basename(out)
    .replace(/(\.codemap)?\.json$/, '')
    .toLowerCase();
}

function summaryOf({ from, to, codes }: CodeMapDocument, as?: CodeMapForm): string {
  const entries = Object.values(codes);
  const targetsOf = ({ targets }: (typeof entries)[number]) => targets.filter((each) => 'code' in each);
  const none = entries.filter((entry) => targetsOf(entry).length === 0).length;
  const several = entries.filter((entry) => targetsOf(entry).length > 1).length;
  const read = as === undefined ? '' : `, read as ${as}`;
  const counts = `${entries.length} codes, ${several} with several targets, ${none} with none`;
  return `${from.name} to ${to.name}, ${counts}${read}`;
}

export function refusal(what: string, why: string, remedy: string): CommandRefused {
  const refused: Refusal = { code: 'CODE_MAP_INVALID', message: `${what} ${why}`, remedy };
  return new CommandRefused([refused]);
}

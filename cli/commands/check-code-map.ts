/** `waybill code-map check`: a code map against its published table, the codes it leads to, and the codes there are. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { CodeMapDocument } from '../../records/code-set/document.ts';
import {
  CODE_FINDINGS,
  type CodeFinding,
  type CodeMapExamination,
  examineCodeMap,
} from '../../records/code-set/examine.ts';
import { loadCodeMap } from '../../records/code-set/load.ts';
import { countCodes } from '../../records/code-set/population.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { sizeOfFile } from '../named-file.ts';
import { table } from '../table.ts';
import { columnsOf, formOf, readCodeMap, refusal } from './code-map.ts';

export interface CheckCodeMapOptions {
  /** The published table, and the form it has. */
  readonly published?: string;
  readonly as?: string;
  readonly columns?: string;
  readonly equivalence?: string;
  /** A code map whose source codes are the codes of the target's system. */
  readonly targetCodes?: string;
  /** A delimited extract and the column that holds source codes. */
  readonly population?: string;
  readonly column?: string;
  readonly json?: boolean;
}

/** Findings of one kind that are listed for people; all are counted, and all are in the JSON. */
const LISTED_MAX = 20;

/** Exit 2 where anything is found. */
export async function checkCodeMap(file: string, options: CheckCodeMapOptions): Promise<ExitCode> {
  const document = await readCodeMap(file);
  const { targetCodes, population } = options;
  const examination = examineCodeMap(document, {
    published: await publishedOf(document, options),
    targetCodes: targetCodes === undefined ? undefined : new Set(Object.keys((await readCodeMap(targetCodes)).codes)),
    population: population === undefined ? undefined : await populationOf(population, options.column),
  });
  process.stdout.write(`${options.json === true ? JSON.stringify(examination) : textOf(document, examination)}\n`);
  return examination.findings.length === 0 ? EXIT.clean : EXIT.exceptionsOpen;
}

/** Undefined where none is named. A table with another digest than the map was made of is another edition: refused. */
async function publishedOf(
  { name, version, from, to, provenance }: CodeMapDocument,
  { published, as, columns, equivalence }: CheckCodeMapOptions,
): Promise<CodeMapDocument | undefined> {
  if (published === undefined) return undefined;
  await sizeOfFile(published);
  const loaded = await loadCodeMap(createReadStream(published), {
    ...{ as: formOf(as ?? provenance.loadedWith.split(' ')[0]), name, version, from: from.system, to: to.system },
    ...{ source: basename(published), columns: columnsOf(columns), equivalence },
  });
  if (!loaded.ok) throw new CommandRefused(loaded.refusals);
  if (loaded.value.provenance.sha256 === provenance.sha256) return loaded.value;
  throw refusal(published, `is not the file the map was made of (${provenance.source})`, 'name that file');
}

async function populationOf(file: string, column = ''): Promise<ReadonlyMap<string, number>> {
  await sizeOfFile(file);
  const counted = await countCodes(createReadStream(file), column);
  if (!counted.ok) throw new CommandRefused(counted.refusals);
  return counted.value;
}

function textOf({ name, version }: CodeMapDocument, examination: CodeMapExamination): string {
  const { counts, population, targetsUnchecked, findings } = examination;
  const moved = population === undefined ? [] : [`${population.moved} of ${population.values} values are moved`];
  const unchecked = targetsUnchecked === 0 ? [] : [`${targetsUnchecked} targets could not be checked`];
  const lines = CODE_FINDINGS.flatMap((kind) => linesOf(findings.filter((each) => each.kind === kind)));
  return [
    `${name} ${version}`,
    table(['source codes', ''], Object.entries(counts)),
    ...[...moved, ...unchecked],
    ...(lines.length === 0 ? ['nothing found'] : lines),
  ].join('\n');
}

function linesOf(findings: readonly CodeFinding[]): readonly string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const listed = findings.slice(0, LISTED_MAX).map(({ code, detail, times }) => {
    const more = [...(detail === undefined ? [] : [detail]), ...(times === undefined ? [] : [`${times} times`])];
    return `  ${[code, ...more].join(': ')}`;
  });
  const rest = findings.length - listed.length;
  return [`${first.kind}: ${findings.length}`, ...listed, ...(rest === 0 ? [] : [`  and ${rest} more`])];
}

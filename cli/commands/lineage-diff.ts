/** `waybill lineage diff A B` and `waybill lineage export DATASET`: maps for the eyes of whoever approves them. */
import { changeText, diffLineages } from '../../records/lineage/diff.ts';
import { ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { readWrittenMap } from './lineage-map.ts';
import { chosen, handsOf, withHouse, type ResumeOptions } from './migrate.ts';

export interface DiffOptions {
  readonly codeMap?: readonly string[];
  readonly json?: boolean;
}

/** Every thing two maps do not say alike, a line each. */
export async function diffLineageMaps(before: string, after: string, options: DiffOptions): Promise<ExitCode> {
  const [from, to] = [await readWrittenMap(before, options.codeMap), await readWrittenMap(after, options.codeMap)];
  const changes = diffLineages(from, to);
  const lines = [...changes.map(changeText), `${changes.length} changes`];
  process.stdout.write(options.json === true ? `${JSON.stringify(changes)}\n` : `${lines.join('\n')}\n`);
  return EXIT.clean;
}

interface Version {
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly current: boolean;
  readonly proposedBy: string | null;
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
  readonly text: string;
}

interface Answer {
  readonly migration: {
    readonly datasets: { readonly nodes: readonly { name: string; lineageVersions: readonly Version[] }[] };
  } | null;
}

const VERSIONS = `query($id: ID!) { migration(id: $id) { datasets { nodes { name lineageVersions {
  digest name version state current proposedBy approvedBy approvedAt text } } } } }`;

export interface ExportOptions extends ResumeOptions {
  /** The digest of an earlier version. */
  readonly digest?: string;
}

/** The sealed map of a dataset, behind comments that say its digest and who approved it. */
export function exportLineage(dataset: string, options: ExportOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = await chosen(house, operator, options.migration);
    const { migration } = await ask<Answer>(house, operator, VERSIONS, { id });
    const versions = migration?.datasets.nodes.find(({ name }) => name === dataset)?.lineageVersions ?? [];
    const { digest } = options;
    const found = versions.find((each) => (digest === undefined ? each.current : each.digest === digest));
    if (found === undefined) throw noVersion(dataset, versions);
    process.stdout.write(`${headOf(dataset, found)}${found.text}${found.text.endsWith('\n') ? '' : '\n'}`);
    return EXIT.clean;
  });
}

function headOf(dataset: string, version: Version): string {
  const { digest, name, state, proposedBy, approvedBy, approvedAt } = version;
  const lines = [
    `${name} ${version.version}, the lineage map of ${dataset}`,
    `sha256 of what follows: ${digest}`,
    `state: ${state.toLowerCase().replaceAll('_', '-')}`,
    ...(proposedBy === null ? [] : [`proposed by ${proposedBy}`]),
    ...(approvedBy === null ? [] : [`approved by ${approvedBy} at ${approvedAt}`]),
  ];
  return `${lines.map((line) => `# ${line}`).join('\n')}\n`;
}

function noVersion(dataset: string, versions: readonly Version[]): CommandRefused {
  const digests = versions.map(({ digest }) => digest);
  const remedy = digests.length === 0 ? 'name a dataset that moves by a map' : `one of: ${digests.join(', ')}`;
  return new CommandRefused([
    { code: 'LINEAGE_UNKNOWN', message: 'there is no such lineage map', field: [dataset], remedy },
  ]);
}

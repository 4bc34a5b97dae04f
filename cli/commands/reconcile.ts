/** `waybill reconcile SOURCE TARGET`: two extracts that Waybill never moved, record by record and field by field. */
import { type FileHandle, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWhole } from '../../records/lineage/compare.ts';
import { compileLineage } from '../../records/lineage/compile.ts';
import type { Lineage } from '../../records/lineage/lineage.ts';
import { withoutPositions } from '../../records/lineage/path.ts';
import { columnName } from '../../records/lineage/source-rows.ts';
import { SOURCE_KEY_PATH } from '../../records/lineage/source-key.ts';
import { type OpenExtract, openExtract } from '../../subgraphs/validation/extracts/open-extract.ts';
import {
  type ExtractFinding,
  type ExtractTotals,
  reconcileExtracts,
  type Side,
  SIDES,
} from '../../subgraphs/validation/extracts/reconcile-extracts.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { ReadMeter } from '../read-meter.ts';
import { readMapOption } from './lineage-map.ts';
import { reconcileText } from './reconcile-text.ts';

export interface ReconcileOptions {
  readonly key?: readonly string[];
  /** Where the target names the fields of the key otherwise. */
  readonly targetKey?: readonly string[];
  /** Makes the records of the source that the target ought to hold. */
  readonly map?: string;
  readonly ignore?: readonly string[];
  readonly report?: string;
  readonly memory: string;
  readonly json?: boolean;
}

const FINDINGS_SHOWN_MAX = 20;
const OWNER_ONLY = 0o600;
/** DuckDB sets 64 of them aside for lines. */
const MEMORY_MIN_MB = 96;

/** Exit 0 where everything agrees, 2 where something does not, 3 where the question cannot be asked. */
export async function reconcile(source: string, target: string, options: ReconcileOptions): Promise<ExitCode> {
  const memoryMaxMb = Number(options.memory);
  if (!Number.isInteger(memoryMaxMb) || memoryMaxMb < MEMORY_MIN_MB) throw memoryRefused();
  const lineage = options.map === undefined ? undefined : compileLineage(await readMapOption(options.map));
  const meter = new ReadMeter('reading', 2);
  const sides = await openSides(source, target, options, lineage, meter);
  const report = options.report === undefined ? undefined : await ReportFile.open(options.report);
  const folder = await mkdtemp(join(tmpdir(), 'waybill-reconcile-'));
  const shown: ExtractFinding[] = [];
  try {
    const totals = await reconcileExtracts({
      ...sides,
      compare: comparing(lineage, options.ignore ?? []),
      found: async (finding) => {
        if (shown.length < FINDINGS_SHOWN_MAX) shown.push(finding);
        await report?.add(finding);
      },
      folder: join(folder, 'scratch'),
      memoryMaxMb,
      memorySetBy: '--memory',
    });
    const keyless = SIDES.find((side) => hasNoKey(totals, side));
    if (keyless !== undefined) throw keyUnknown(keyless);
    await report?.keep();
    meter.end();
    process.stdout.write(
      options.json === true ? `${JSON.stringify(totals)}\n` : reconcileText(totals, shown, options.report),
    );
    return agrees(totals) ? EXIT.clean : EXIT.exceptionsOpen;
  } finally {
    meter.end();
    await report?.discard();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openSides(
  source: string,
  target: string,
  options: ReconcileOptions,
  lineage: Lineage | undefined,
  meter: ReadMeter,
): Promise<{ readonly source: OpenExtract; readonly target: OpenExtract }> {
  const key = options.key ?? (lineage === undefined ? [] : [SOURCE_KEY_PATH]);
  if (key.length === 0) throw keyRefused();
  const bytes = (path: string) => () => meter.through(path);
  const opened = await openExtract({ path: source, field: 'source', key, lineage, bytes: bytes(source) });
  if (!opened.ok) throw new CommandRefused(opened.refusals);
  const there = { path: target, field: 'target', key: options.targetKey ?? key, bytes: bytes(target) };
  const facing = await openExtract(there);
  if (!facing.ok) throw new CommandRefused(facing.refusals);
  if (opened.value.kind === facing.value.kind) return { source: opened.value, target: facing.value };
  // Objects that are no FHIR are held against rows as rows.
  const [left, right] = [opened, facing].map(({ value }) => (value.kind === 'columns' ? value : value.asColumns));
  if (left === undefined || right === undefined) throw kindsRefused();
  return { source: left, target: right };
}

/** Every record of the side lacks the key: it is the key that is wrong, and nothing was held against anything. */
function hasNoKey(totals: ExtractTotals, side: Side): boolean {
  const { records, unusable } = totals[side];
  const unreadable = totals.findings.filter(({ category }) => category === 'unreadable');
  return records > 0 && unusable === records && unreadable.every(({ code }) => code === 'KEY_MISSING');
}

function keyUnknown(side: Side): CommandRefused {
  const message = 'no record of the extract has the key';
  const remedy =
    'name with --key a field that its records have, and with --target-key where the target names it otherwise';
  return new CommandRefused([{ code: 'KEY_UNKNOWN', message, field: [side, 'key'], remedy }]);
}

/** Without a lineage every field of either side counts; with one, what the lineage says. */
function comparing(lineage: Lineage | undefined, ignored: readonly string[]): Lineage['compare'] {
  const names = [...ignored, ...ignored.map(columnName)];
  if (lineage === undefined) return (_type, source, target) => compareWhole(source, target, names);
  const isIgnored = (field: string) => {
    const path = withoutPositions(field);
    return ignored.some((name) => path === name || path.startsWith(`${name}.`));
  };
  return (type, source, target) => lineage.compare(type, source, target).filter(({ field }) => !isIgnored(field));
}

function agrees({ source, target }: ExtractTotals): boolean {
  return [source, target].every(({ records, matched }) => records === matched);
}

/** Findings as NDJSON, whole or not there. */
class ReportFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #isOpen = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<ReportFile> {
    const file = await open(`${path}.part`, 'w', OWNER_ONLY).catch(() => undefined);
    if (file !== undefined) return new ReportFile(path, file);
    throw new CommandRefused([
      {
        code: 'REPORT_NOT_WRITABLE',
        message: 'the report cannot be written there',
        field: ['--report', path],
        remedy: 'name a file in a folder that exists and that you may write to',
      },
    ]);
  }

  async add(finding: ExtractFinding): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(finding)}\n`);
  }

  async keep(): Promise<void> {
    await this.#file.sync();
    await this.#close();
    await rename(`${this.#path}.part`, this.#path);
  }

  async discard(): Promise<void> {
    if (!this.#isOpen) return;
    await this.#close();
    await rm(`${this.#path}.part`, { force: true });
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    await this.#file.close();
  }
}

function memoryRefused(): CommandRefused {
  const remedy = `a whole number of MiB, at least ${MEMORY_MIN_MB}`;
  return new CommandRefused([
    { code: 'MEMORY_INVALID', message: 'the memory limit is no number', field: ['--memory'], remedy },
  ]);
}

function keyRefused(): CommandRefused {
  const remedy = 'name the fields that tell records apart with --key, or a lineage with --map';
  return new CommandRefused([
    { code: 'KEY_MISSING', message: 'nothing says which record belongs to which', field: ['--key'], remedy },
  ]);
}

function kindsRefused(): CommandRefused {
  const message = 'one of the extracts has columns and the other has members; they cannot be compared as they are';
  const remedy = 'name the lineage map between them with --map';
  return new CommandRefused([{ code: 'SHAPES_DIFFER', message, field: ['source', 'target'], remedy }]);
}

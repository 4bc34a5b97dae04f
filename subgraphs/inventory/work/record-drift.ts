/** How a dataset has drifted since the survey before: sealed line by line, and the first lines at hand as rows. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { readLines, sealLines } from '../../../runtime/strongroom.ts';
import { type DriftKind, type DriftLine, driftOf } from '../domain/drift.ts';
import type { SurveyLine } from '../domain/item.ts';
import type { SurveyFindings } from '../domain/survey-findings.ts';
import { DriftItem, SurveyDataset } from '../store/survey-tables.ts';
import type { InventoryContext } from './context.ts';
import { holdPass, type Pass } from './pass.ts';

/** More lines of one dataset are in the sealed document only. */
const DRIFT_ROWS_MAX = 10_000;
/** Rows saved in one transaction. */
const CHUNK_ROWS = 500;

export interface Surveyed {
  readonly datasetId: Id;
  readonly survey: Sha256;
  readonly findings: SurveyFindings;
}

export type Drifted = Readonly<Record<DriftKind, number>> & { readonly drift: Sha256 | null };

/** Nothing drifts in a first survey: there is none to compare it with. */
export async function recordDrift(context: InventoryContext, pass: Pass, surveyed: Surveyed): Promise<Drifted> {
  const { surveyId } = pass;
  const { datasetId, survey, findings } = surveyed;
  const counts: Record<DriftKind, number> = { added: 0, changed: 0, gone: 0 };
  const row = await context.store.read((em) => em.findOneOrFail(SurveyDataset, { surveyId, datasetId }));
  if (row.before === null) return { ...counts, drift: null };
  const { strongroom } = context;
  const rows = new DriftRows(context, pass, datasetId);
  await rows.clear();
  const lines = driftOf(readLines<SurveyLine>(strongroom, row.before), readLines<SurveyLine>(strongroom, survey));
  async function* counted(): AsyncGenerator<Json> {
    for await (const line of lines) {
      counts[line.kind] += 1;
      if (pass.isLate && line.kind !== 'added') findings.add('CHANGED_AFTER_LAUNCH', line.itemId);
      await rows.add(line);
      yield line;
    }
  }
  const { digest } = await sealLines(strongroom, counted());
  await rows.flush();
  return { ...counts, drift: digest };
}

/** The rows of one dataset of one survey; writing them again writes the same ones. */
class DriftRows {
  #waiting: DriftItem[] = [];
  #rows = 0;

  constructor(
    readonly context: InventoryContext,
    readonly pass: Pass,
    readonly datasetId: Id,
  ) {}

  async clear(): Promise<void> {
    await this.context.store.transact(async (unit) => {
      await holdPass(unit, this.pass);
      await unit.em.nativeDelete(DriftItem, { surveyId: this.pass.surveyId, datasetId: this.datasetId });
    });
  }

  async add({ kind, itemId, path, differs }: DriftLine): Promise<void> {
    if (this.#rows >= DRIFT_ROWS_MAX) return;
    this.#rows += 1;
    const { surveyId } = this.pass;
    const id = derivedId('drf', surveyId, itemId);
    this.#waiting.push({ id, surveyId, datasetId: this.datasetId, itemId, kind, path, differs });
    if (this.#waiting.length >= CHUNK_ROWS) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length === 0) return;
    await this.context.store.transact(async (unit) => {
      await holdPass(unit, this.pass);
      await unit.em.insertMany(DriftItem, rows);
    });
  }
}

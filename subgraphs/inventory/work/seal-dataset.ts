/** Sealing a survey: one line for each item of a dataset, sorted by path, under one digest; and what was found. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { sealLines } from '../../../runtime/strongroom.ts';
import { SidecarWatch } from '../../../records/hidden/sidecar.ts';
import { ContentsCount } from '../domain/contents.ts';
import { surveyLine } from '../domain/item.ts';
import { SurveyFindings } from '../domain/survey-findings.ts';
import { saveFindings } from '../store/findings.ts';
import { itemsByPath } from '../store/items.ts';
import { SurveyDataset } from '../store/survey-tables.ts';
import { Dataset, type Item } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { findUnheld } from './find-unheld.ts';
import { holdPass, itemsOf, type Pass } from './pass.ts';
import { recordDrift } from './record-drift.ts';

/** What is summed up while the items of a dataset go by. */
class Sums {
  bytes = 0;
  excludedItems = 0;
  readonly contents = new ContentsCount();
  readonly findings = new SurveyFindings();
  readonly #sidecars = new SidecarWatch<Item>();

  add(item: Item): void {
    this.bytes += item.sizeBytes;
    if (item.excluded !== null) this.excludedItems += 1;
    this.contents.add(item);
    this.findings.note(item.id, item.noted);
    this.findings.hide(item.id, item.hidden);
    this.#annotations(this.#sidecars.add(item));
  }

  end(): void {
    this.#annotations(this.#sidecars.end());
  }

  #annotations(found: ReturnType<SidecarWatch<Item>['end']>): void {
    for (const { item, isBesideDocument } of found) {
      this.contents.addHidden('annotation', 1);
      this.findings.hide(item.id, { annotation: 1 });
      if (!isBesideDocument) this.findings.add('ANNOTATION_WITHOUT_DOCUMENT', item.id);
    }
  }
}

export async function sealDataset(context: InventoryContext, pass: Pass, { id }: Dataset): Promise<void> {
  const sums = new Sums();
  const { digest, lines } = await sealLines(context.strongroom, surveyLines(context, pass, id, sums));
  sums.end();
  await findUnheld(context, pass, id, sums.findings);
  const drift = await recordDrift(context, pass, { datasetId: id, survey: digest, findings: sums.findings });
  const { bytes, excludedItems } = sums;
  await context.store.transact(async (unit) => {
    await holdPass(unit, pass);
    const key = { surveyId: pass.surveyId, datasetId: id };
    const row = await unit.em.findOneOrFail(SurveyDataset, key);
    Object.assign(row, { survey: digest, items: lines, bytes, contents: sums.contents.all(), ...drift });
    const now = context.clock.now().toISOString();
    const scope = { migrationId: pass.migrationId, datasetId: id, source: 'survey' } as const;
    await saveFindings(unit.em, scope, sums.findings.all(), now);
    // What is launched is measured by the survey it was launched with.
    if (pass.isLate) return;
    const dataset = await unit.em.findOneOrFail(Dataset, { id });
    Object.assign(dataset, { survey: digest, items: lines, bytes, excludedItems });
    unit.emit(
      eventOf(context, {
        type: 'inventory.dataset-surveyed.v1',
        subject: id,
        occurrence: `${pass.pass} ${digest}`,
        payload: { migrationId: pass.migrationId, datasetId: id, survey: digest, items: lines, bytes },
      }),
    );
    const digests = { survey: digest };
    unit.audit(entryOf(context, { action: 'dataset-surveyed', subject: id, occurrence: digest, digests }));
  });
}

async function* surveyLines(
  { store }: InventoryContext,
  pass: Pass,
  datasetId: string,
  sums: Sums,
): AsyncGenerator<Json> {
  for await (const item of itemsByPath((work) => store.read(work), itemsOf(pass), datasetId, pass.pass)) {
    sums.add(item);
    yield surveyLine(item);
  }
}

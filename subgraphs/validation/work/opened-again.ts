/** Looks again at charts that did not show what they ought to: they are opened once more. */
import { join } from 'node:path';
import { withColumnar } from '../../../runtime/columnar.ts';
import { memoryOf } from '../domain/category.ts';
import type { Agreement, ReconciliationException } from '../domain/exception.ts';
import { loadKept } from './charts.ts';
import type { House } from './house.ts';
import { loadMigration } from './migration-work.ts';
import { OpenedCharts } from './open-charts.ts';

/** One answer for each; the charts of a migration are laid out once for all of them. */
export async function* lookAtOpenedCharts(
  house: House,
  exceptions: readonly ReconciliationException[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly exception: ReconciliationException; readonly agreement: Agreement }> {
  for (const [migrationId, own] of Map.groupBy(exceptions, (exception) => exception.migrationId)) {
    const { policy, datasets } = await loadMigration(house, migrationId);
    const directory = join(house.directory, 'validation', `opened-${migrationId}`);
    const charts = new Set(own.flatMap(({ sourceId }) => sourceId ?? []));
    const seen = await withColumnar(
      async (db) => {
        await loadKept(db, house.strongroom, datasets);
        const notes = new Map<string, string>();
        const opened = new OpenedCharts(db, { house, migrationId, datasets, charts, signal });
        for await (const { found } of opened.faults()) notes.set(`${found.code} ${found.record}`, found.note);
        return notes;
      },
      { ...memoryOf(policy), directory },
    );
    for (const exception of own) {
      const note = seen.get(`${exception.code} ${exception.sourceId}`);
      yield { exception, agreement: note === undefined ? { kind: 'agrees' } : { kind: 'disagrees', note } };
    }
  }
}

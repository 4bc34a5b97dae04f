/** A loss report as it is shown: the row, and of the sealed report the beginning of each list. */
import type { LossReport as Loss } from '../../../records/lineage/loss.ts';
import { isCurrent } from '../domain/loss.ts';
import type { LossReport } from '../store/loss-tables.ts';
import type { Dataset } from '../store/tables.ts';
import type { InventoryContext } from './context.ts';

/** The sealed report holds all of them. */
const SHOWN_MAX = 250;
const REPORT_BYTES_MAX = 64 * 1024 * 1024;

export async function readLossReport(
  { strongroom }: InventoryContext,
  row: LossReport,
  dataset: Dataset,
): Promise<object> {
  const { state, report: digest, items, records, blocking, lostPaths, finishedAt, problemCode, problemReason } = row;
  const sealed = digest === null ? NOTHING : await read(strongroom, digest);
  return {
    ...{ state, digest, items, records, blocking, lostPaths, finishedAt },
    current: isCurrent(row, dataset),
    lost: sealed.lost.slice(0, SHOWN_MAX),
    overwritten: sealed.overwritten.slice(0, SHOWN_MAX),
    fromNothing: sealed.fromNothing.slice(0, SHOWN_MAX),
    excluded: sealed.excluded.slice(0, SHOWN_MAX),
    problem: problemCode === null ? null : { code: problemCode, reason: problemReason ?? '' },
  };
}

type Lists = Pick<Loss, 'lost' | 'overwritten' | 'fromNothing' | 'excluded'>;
const NOTHING: Lists = { lost: [], overwritten: [], fromNothing: [], excluded: [] };

async function read(strongroom: InventoryContext['strongroom'], digest: string): Promise<Lists> {
  return JSON.parse((await strongroom.readWhole(digest, REPORT_BYTES_MAX)).toString('utf8')) as Lists;
}

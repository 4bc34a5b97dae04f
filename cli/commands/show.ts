/** `waybill status` and `waybill exceptions`: where a migration is, and what is still open. */
import { ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { type BatchStatus, STATUS, type Status } from '../operations.ts';
import { allExceptions } from '../summary.ts';
import { bytesText, table } from '../table.ts';
import { chosen, handsOf, withHouse, type ResumeOptions } from './migrate.ts';

export function showStatus(options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = await chosen(house, operator, options.migration);
    const status = await ask<Status>(house, operator, STATUS, { id });
    if (options.json) {
      process.stdout.write(`${JSON.stringify(status)}\n`);
      return EXIT.clean;
    }
    const rows = (status.batches?.nodes ?? []).map((batch) => [
      batch.dataset?.name ?? '',
      batch.state,
      batch.items,
      batch.moved,
      batch.setAside,
      batch.failed,
      bytesText(Number(batch.bytesMoved)),
      standing(batch),
    ]);
    const head = ['dataset', 'state', 'items', 'moved', 'set aside', 'failed', 'bytes', 'why it stands or is slow'];
    process.stdout.write(`${status.migration?.name}: ${status.migration?.readiness.state}\n${table(head, rows)}\n`);
    return EXIT.clean;
  });
}

function standing({ state, paused, waiting, heldByBandwidthSeconds: held }: BatchStatus): string {
  if (paused) return `${paused.code}: ${paused.reason}`;
  if (waiting) return waiting.reason;
  const isAtWork = state === 'PACKING' || state === 'MOVING';
  return isAtWork && held >= 1 ? `held by bandwidth for ${Math.round(held)} s so far` : '';
}

/** Exit 2 when one is open. */
export function showExceptions(options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = await chosen(house, operator, options.migration);
    const open = await allExceptions({ house, reader: operator, migrationId: id, isPaused: false, seconds: 0 });
    const rows = open.map((each) => [
      each.severity,
      each.category,
      each.dataset,
      each.field ?? '',
      each.sourceId ?? '',
      each.id,
    ]);
    const head = ['severity', 'category', 'dataset', 'field', 'source', 'id'];
    process.stdout.write(options.json ? `${JSON.stringify(open)}\n` : `${table(head, rows)}\n`);
    return open.length === 0 ? EXIT.clean : EXIT.exceptionsOpen;
  });
}

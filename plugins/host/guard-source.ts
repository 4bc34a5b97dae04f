import { Fault } from '../../kernel/fault.ts';
import type { Item, Source } from '../sdk/index.ts';
import { actOf, call, type Guard } from './guard.ts';
import { requireSafePath } from './path.ts';
import { listThrough, readThrough } from './stream.ts';

/** A source as the engine sees it: the SDK's shape, the house's faults. */
export function guardSource(guard: Guard, source: Source): Source {
  return {
    list: (signal) =>
      listThrough(guard, {
        act: actOf(guard, 'list'),
        signal,
        open: (inner) => source.list(inner),
        admit: requireWholeItem,
      }),
    async *read(path, offsetBytes, signal) {
      requireSafePath(path);
      yield* readThrough(guard, {
        act: actOf(guard, 'read', path),
        offsetBytes,
        signal,
        open: (from, inner) => source.read(path, from, inner),
      });
    },
    close: () =>
      call(guard, {
        act: actOf(guard, 'close'),
        signal: AbortSignal.timeout(guard.limits.callDeadlineMs),
        work: () => source.close(),
      }),
  };
}

function requireWholeItem(item: Item): void {
  requireSafePath(item.path);
  if (Number.isSafeInteger(item.sizeBytes) && item.sizeBytes >= 0) return;
  throw new Fault({
    code: 'CONNECTOR_DEFECT',
    retry: 'permanent',
    message: 'the connector listed an item without a size in whole bytes',
    subject: item.path,
  });
}

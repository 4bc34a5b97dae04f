import { Fault } from '../../kernel/fault.ts';
import type { Item, Source } from '../sdk/index.ts';
import { actOf, call, type Guard } from './guard.ts';
import { requireSafePath } from './path.ts';
import { listOnce, listThrough, readThrough, resuming } from './stream.ts';

/** A source as the engine sees it: the SDK's shape, the house's faults. */
export function guardSource(guard: Guard, source: Source): Source {
  return {
    list: (signal) =>
      listThrough(guard, {
        act: actOf(guard, 'list'),
        signal,
        open: (inner) => source.list(inner),
        firstMs: guard.connector.capabilities.preparationMaxMs,
        admit: requireWholeItem,
      }),
    ...(source.listFrom && { listFrom: (path, signal) => listFrom(guard, source, path, signal) }),
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

/** Unlike a listing in no order, this one is taken up again after its last item when it breaks. */
async function* listFrom(guard: Guard, source: Source, path: string, signal: AbortSignal): AsyncGenerator<Item> {
  const act = actOf(guard, 'list');
  const firstMs = guard.connector.capabilities.preparationMaxMs;
  let last = path;
  yield* resuming(guard, act, signal, async function* () {
    const from = last;
    const open = (inner: AbortSignal) => source.listFrom?.(from, inner) ?? source.list(inner);
    for await (const item of listOnce(guard, { act, signal, open, firstMs, admit: requireWholeItem })) {
      requireOrder(last, item.path);
      last = item.path;
      yield item;
    }
  });
}

function requireOrder(before: string, path: string): void {
  if (Buffer.compare(Buffer.from(before), Buffer.from(path)) < 0) return;
  throw new Fault({
    code: 'CONNECTOR_DEFECT',
    retry: 'permanent',
    message: 'the connector declares orderedListing and does not list in order',
    subject: path,
  });
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

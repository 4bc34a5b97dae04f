/** Tells the record office how far each third-party connector is really kept apart. */
import { serviceActor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { announcer } from './announce.ts';
import type { Store } from './store.ts';

interface Part {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

/** An entry for each, whenever a part starts with it. */
export async function recordIsolation(
  part: Part,
  connectors: readonly { readonly id: string; readonly version: string; readonly isolation: string }[],
): Promise<void> {
  const apart = connectors.filter(({ isolation }) => isolation !== 'in-process');
  if (apart.length === 0) return;
  const { subgraph } = part.store;
  const { entryOf } = announcer(subgraph, serviceActor(subgraph));
  await part.store.transact(async (unit) => {
    for (const { id, version, isolation } of apart) {
      unit.audit(entryOf(part, { action: 'connector-isolated', subject: `${id}@${version}`, reason: isolation }));
    }
  });
}

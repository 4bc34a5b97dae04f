/** Moving an item that passes through: one parcel, byte for byte. */
import { crosswalkOf } from '../domain/crosswalk.ts';
import { wholeItemParcel } from '../domain/parcel.ts';
import { deliver, discard, type Stage } from './deliver.ts';
import { movedEntry } from './endings.ts';
import { InFlight, type Promised } from './in-flight.ts';
import type { MoveTools, Visit } from './visit.ts';

export async function moveWhole(tools: MoveTools, visit: Visit, promised: Promised): Promise<void> {
  const parcel = wholeItemParcel(visit.row);
  const stage: Stage = async () => {
    const flow = new InFlight(promised);
    visit.flow = flow;
    const bytes = flow.through(tools.source.read(visit.row.path, 0, tools.signal));
    const staged = await tools.target.stage(parcel, bytes, tools.signal).catch((error: unknown) => {
      // A target that counts for itself may object first; that the source sent something else is the reason.
      if (flow.isOther) flow.verified();
      throw error;
    });
    try {
      return { staged, sha256: flow.verified() };
    } catch (error) {
      await discard(tools, staged);
      throw error;
    }
  };
  const known = visit.parcels.get(parcel.key);
  if (known?.state === 'committed') {
    await tools.ledger.add(movedEntry(tools, visit, known.sha256, [{ targetId: known.targetId ?? '' }]));
    return;
  }
  const { receipt, row } = await deliver(tools, visit, parcel, stage);
  await tools.ledger.add({
    ...movedEntry(tools, visit, row.sha256, [receipt]),
    parcel: row,
    crosswalk: crosswalkOf(tools.orders.dataset.id, parcel.key, receipt.parts),
  });
}

/** Raising an alarm: the same end of the same thing is told once for each horizon, however often it is looked at. */
import type { Unit } from '../../../runtime/store.ts';
import type { Alarm } from '../domain/certificate.ts';
import type { Migration } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';

export function raise(context: InventoryContext, unit: Unit, { id }: Migration, { trust, horizonDays }: Alarm): void {
  const { kind, endpoint, name, fingerprint, notAfter } = trust;
  // Event and entry have ids that follow from this: what was told is not told again.
  const occurrence = [kind, endpoint, name, fingerprint ?? '', notAfter ?? '', String(horizonDays)].join(' ');
  const payload = { migrationId: id, kind, endpoint, name, fingerprint, notAfter: notAfter ?? '', horizonDays };
  unit.emit(eventOf(context, { type: 'inventory.expiry-near.v1', subject: id, occurrence, payload }));
  const reason = `${kind} of the ${endpoint}: ${horizonDays === 0 ? 'over' : `${horizonDays} days`}`;
  unit.audit(entryOf(context, { action: 'expiry-noticed', subject: id, occurrence, reason }));
}

/** Raises exceptions: a few at a time, each with its event and its entry in the record, and never twice. */
import { serviceActor } from '../../../kernel/actor.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../../kernel/event.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Lease, Unit } from '../../../runtime/store.ts';
import type { ValidationPolicy } from '../domain/category.ts';
import { type Cohort, raise, type ReconciliationException } from '../domain/exception.ts';
import type { Finding } from '../domain/finding.ts';
import { keepExceptions, type Raised, type SeenBy } from '../store/exceptions.ts';
import type { ExceptionRow, Migration } from '../store/tables.ts';
import type { House } from './house.ts';
import { askForStanding } from './standing.ts';

export const VALIDATION = serviceActor('validation');

const EXCEPTIONS_PER_COMMIT_MAX = 200;

export interface ToRaise {
  readonly found: Finding;
  /** Of the item, where the finding is about one. */
  readonly path: string | null;
  readonly cohort: Cohort;
  /** The items it puts in doubt. */
  readonly items: Raised['items'];
}

export class Raiser {
  readonly #house: House;
  readonly #migration: Pick<Migration, 'id' | 'round'>;
  readonly #policy: ValidationPolicy;
  readonly #lease: Lease;
  #waiting: ToRaise[] = [];

  /** `migration` as it was when the look began. */
  constructor(house: House, migration: Pick<Migration, 'id' | 'round'>, policy: ValidationPolicy, lease: Lease) {
    this.#house = house;
    this.#migration = migration;
    this.#policy = policy;
    this.#lease = lease;
  }

  async add(one: ToRaise): Promise<void> {
    this.#waiting.push(one);
    if (this.#waiting.length >= EXCEPTIONS_PER_COMMIT_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    const some = this.#waiting;
    this.#waiting = [];
    if (some.length === 0) return;
    const { id, round } = this.#migration;
    const at = this.#house.clock.now();
    const raised = some.map(({ found, path, cohort, items }) => ({
      exception: raise(found, path, cohort, this.#policy, at),
      items,
    }));
    await this.#house.store.transact(async (unit) => {
      await unit.hold(this.#lease);
      await raiseIn(unit, id, raised, { actor: VALIDATION.id, at, round });
    });
    this.#house.watchers.raised(id);
  }
}

/** Keeps exceptions in a transaction of the caller's, and tells of each that is new or open again. */
export async function raiseIn(unit: Unit, migrationId: Id, raised: readonly Raised[], by: SeenBy): Promise<void> {
  const { at } = by;
  const { fresh, reopened } = await keepExceptions(unit, migrationId, raised, by);
  for (const row of reopened) tellReopened(unit, row, at);
  const told = new Set<Id>();
  for (const { exception } of raised) {
    if (!fresh.has(exception.id) || told.has(exception.id)) continue;
    told.add(exception.id);
    unit.emit(raisedEvent(exception, at));
    const { id, category } = exception;
    unit.audit(entryOf({ action: 'exception-raised', subject: id, occurrence: '1', reason: category, at }));
    if (exception.state === 'owned') tellOwner(unit, exception, at);
  }
  askForStanding(unit, migrationId);
}

/** A rule of the policy named somebody; the policy is sealed, so the rule needs no words here. */
function tellOwner(unit: Unit, { id }: ReconciliationException, at: Date): void {
  unit.audit(entryOf({ action: 'exception-assigned', subject: id, occurrence: 'policy', reason: 'policy', at }));
}

function tellReopened(unit: Unit, row: ExceptionRow, at: Date): void {
  const about = { subject: row.id, occurrence: String(row.changes), at };
  const payload = { exceptionId: row.id, migrationId: row.migrationId, because: 'disagrees-again' };
  unit.emit(eventOf({ type: 'validation.exception-reopened.v1', payload, ...about }));
  unit.audit(entryOf({ action: 'exception-reopened', reason: 'disagrees-again', ...about }));
}

function raisedEvent(exception: ReconciliationException, at: Date): WaybillEvent {
  const { id: exceptionId, migrationId, batchId, datasetId, category, severity, itemId } = exception;
  const payload = { exceptionId, migrationId, batchId, datasetId, category, severity, itemId };
  return eventOf({ type: 'validation.exception-raised.v1', subject: exceptionId, occurrence: '1', payload, at });
}

export function eventOf(fact: {
  readonly type: EventType;
  readonly subject: Id;
  /** Tells this occurrence from others on the same subject; the same on every repetition of the step. */
  readonly occurrence: string;
  readonly payload: Json;
  readonly at: Date;
  readonly actor?: string;
}): WaybillEvent {
  const { type, subject, occurrence, payload, at, actor = VALIDATION.id } = fact;
  return {
    id: derivedId('evt', type, subject, occurrence),
    ...{ type, subject, actor, payload },
    occurredAt: at.toISOString(),
  };
}

export function entryOf(act: {
  readonly action: string;
  readonly subject: Id;
  readonly occurrence: string;
  readonly at: Date;
  readonly actor?: string;
  readonly outcome?: AuditEntry['outcome'];
  readonly reason?: string;
  readonly digests?: Readonly<Record<string, string>>;
}): AuditEntry {
  const { action, subject, occurrence, at, actor = VALIDATION.id, outcome = 'succeeded', reason, digests } = act;
  return {
    id: derivedId('aud', 'validation', action, subject, occurrence),
    ...{ plane: 'operational', action, actor, subject, outcome, reason, digests },
    occurredAt: at.toISOString(),
  };
}

/** A small store of the tests' own, and the words they share. */
import { defineEntity, type EntitySchema } from '@mikro-orm/sql';
import type { AuditEntry, WaybillEvent } from '../../kernel/event.ts';
import type { Store, StoreDefinition } from '../../runtime/database.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { silentLog } from '../../runtime/log.ts';

export const Depot = defineEntity({
  name: 'Depot',
  properties: (p) => ({ id: p.string().primary(), name: p.string() }),
});

export const Parcel = defineEntity({
  name: 'Parcel',
  properties: (p) => ({
    id: p.string().primary(),
    sizeBytes: p.bigint('number'),
    fragile: p.boolean(),
    takenAt: p.datetime(),
    note: p.json<{ readonly words: readonly string[] }>().nullable(),
    depot: () => p.manyToOne(Depot).nullable(),
  }),
  indexes: [{ properties: ['takenAt'] }],
});

export const PARCELS: StoreDefinition = {
  subgraph: 'transfer',
  entities: [Depot, Parcel] as unknown as EntitySchema[],
  migrations: [
    {
      name: '0001-first',
      sqlite: [
        'create table `transfer_depot` (`id` text not null primary key, `name` text not null)',
        `create table \`transfer_parcel\` (\`id\` text not null primary key, \`size_bytes\` bigint not null,
          \`fragile\` integer not null, \`taken_at\` datetime not null, \`note\` json null, \`depot_id\` text null,
          constraint \`transfer_parcel_depot_id_foreign\` foreign key (\`depot_id\`)
          references \`transfer_depot\` (\`id\`) on delete set null)`,
        'create index `transfer_parcel_depot_id_index` on `transfer_parcel` (`depot_id`)',
        'create index `transfer_parcel_taken_at_index` on `transfer_parcel` (`taken_at`)',
      ],
      postgresql: [
        'create table "transfer"."depot" ("id" text not null, "name" text not null, primary key ("id"))',
        `create table "transfer"."parcel" ("id" text not null, "size_bytes" bigint not null, "fragile" boolean not null,
          "taken_at" timestamptz not null, "note" jsonb null, "depot_id" text null, primary key ("id"))`,
        'create index "parcel_taken_at_index" on "transfer"."parcel" ("taken_at")',
        `alter table "transfer"."parcel" add constraint "parcel_depot_id_foreign" foreign key ("depot_id")
          references "transfer"."depot" ("id") on delete set null`,
      ],
    },
  ],
};

/** A second subgraph, for what must pass between two. */
export const RECEIPTS: StoreDefinition = {
  subgraph: 'validation',
  entities: [
    defineEntity({ name: 'Receipt', properties: (p) => ({ id: p.string().primary() }) }),
  ] as unknown as EntitySchema[],
  migrations: [
    {
      name: '0001-first',
      sqlite: ['create table `validation_receipt` (`id` text not null primary key)'],
      postgresql: ['create table "validation"."receipt" ("id" text not null, primary key ("id"))'],
    },
  ],
};

export const AT = '2026-01-31T09:30:00.000Z';

export function parcelTaken(id: string): WaybillEvent {
  return {
    id: `evt-${id}`,
    type: 'transfer.parcel-taken.v1',
    subject: id,
    actor: 'service:test',
    occurredAt: AT,
    payload: { id },
  };
}

export function entryAbout(id: string): AuditEntry {
  const plane = 'operational' as const;
  return {
    id: `aud-${id}`,
    plane,
    action: 'parcel-taken',
    actor: 'service:test',
    subject: id,
    outcome: 'succeeded',
    occurredAt: AT,
  };
}

/** Takes a parcel: a row, an event, an audit entry and a job in one unit. */
export async function takeParcel(store: Store, id: string, after: () => void = () => {}): Promise<void> {
  await store.transact(async (unit) => {
    unit.em.create(Parcel, { id, sizeBytes: 5, fragile: true, takenAt: new Date(AT) });
    unit.emit(parcelTaken(id));
    unit.audit(entryAbout(id));
    unit.enqueue({ kind: 'weigh', key: id, payload: { id } });
    await unit.em.flush();
    after();
  });
}

export const QUIET = { log: silentLog, metrics: openMetrics() };
/** Limits that make a test of giving up short. */
export const HASTY = { attemptsMax: 3, backoffFirstMs: 1, backoffMaxMs: 4 };

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type KyselyPlugin, sql } from 'kysely';
import type { Database } from '../../runtime/database.ts';
import { missingOnPostgres, missingOnSqlite } from '../../runtime/migrate.ts';
import { auditRows, START } from '../../runtime/outbox.ts';
import { type PlatformTable, platformTable } from '../../runtime/platform.ts';
import { insertRows, rowsOfStretch } from '../../runtime/rows.ts';
import { onEveryDialect, type Place, POSTGRES_URL } from '../support/databases.ts';
import { Depot, entryAbout, Parcel, PARCELS, parcelTaken, RECEIPTS, takeParcel } from './parcels.ts';

const BROKEN = new Error('the power went out');

onEveryDialect('a store', (dialect) => {
  let place: Place;
  let database: Database;

  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS, RECEIPTS]);
  });
  afterEach(() => place.leave());

  const rows = async (table: PlatformTable): Promise<number> => {
    const { platform } = database;
    const found = await sql<{
      n: number | string;
    }>`select count(*) as n from ${platformTable(platform.dialect, table)}`.execute(platform.reader);
    return Number(found.rows[0]?.n);
  };
  const everything = async () => ({
    parcels: await database.store('transfer').read((em) => em.count(Parcel)),
    events: await rows('event'),
    entries: await rows('audit_row'),
    jobs: await rows('job'),
  });

  test('keeps the change, its event, its audit row and its job together', async () => {
    await takeParcel(database.store('transfer'), 'p1');
    expect(await everything()).toEqual({ parcels: 1, events: 1, entries: 1, jobs: 1 });
  });

  test('keeps nothing at all of a unit that throws after its last word', async () => {
    const taking = takeParcel(database.store('transfer'), 'p1', () => {
      throw BROKEN;
    });
    await expect(taking).rejects.toBe(BROKEN);
    expect(await everything()).toEqual({ parcels: 0, events: 0, entries: 0, jobs: 0 });
  });

  test('keeps nothing when one of the promises cannot be written', async () => {
    const unwritable = database.store('transfer').transact(async (unit) => {
      unit.em.create(Depot, { id: 'd', name: 'north' });
      unit.emit({ ...parcelTaken('p1'), payload: { weight: Number.NaN } });
    });
    await expect(unwritable).rejects.toMatchObject({ code: 'JSON_NOT_CANONICAL' });
    expect(await database.store('transfer').read((em) => em.count(Depot))).toBe(0);
  });

  test('tells an event and records an entry once, however often the same step runs', async () => {
    for (let run = 0; run < 2; run++) {
      await database.store('transfer').transact(async (unit) => {
        unit.emit(parcelTaken('p1'));
        unit.audit(entryAbout('p1'));
      });
    }
    expect(await rows('event')).toBe(1);
    expect(await rows('audit_row')).toBe(1);
  });

  test('gives rows back that were written in bulk, and takes over what is foreseen', async () => {
    const takenAt = new Date('2026-01-31T09:30:00.123Z');
    const row = (id: string, sizeBytes: number, fragile: boolean) => {
      return { id, sizeBytes, fragile, takenAt, note: { words: ['ß', "'", id] }, depot: null };
    };
    const store = database.store('transfer');
    const first = Array.from({ length: 1_000 }, (_, at) => row(`p${String(at).padStart(4, '0')}`, 2 ** 40 + at, false));
    await store.transact((unit) => insertRows(unit.em, Parcel, first));
    const later = [row('p0007', 7, true), row('q', 8, true)];
    await store.transact((unit) => insertRows(unit.em, Parcel, later, { on: ['id'], take: ['sizeBytes'] }));
    const found = await store.read((em) => em.find(Parcel, {}, { orderBy: { id: 'asc' } }));
    const expected = [...first.with(7, { ...row('p0007', 7, false) }), row('q', 8, true)];
    expect(found.map((each) => ({ ...each }))).toEqual(expected);
    const stretch = { of: { fragile: false }, by: 'sizeBytes', from: 2 ** 40 + 998, limit: 5 } as const;
    const names = ['id', 'sizeBytes', 'fragile', 'note', 'depot'] as const;
    const some = await store.read((em) => rowsOfStretch(em, Parcel, names, stretch));
    expect(some).toEqual(expected.slice(998, 1_000).map(({ takenAt: _, ...rest }) => rest));
    await expect(store.transact((unit) => insertRows(unit.em, Parcel, later))).rejects.toThrow();
  });

  test('puts rows in by a handful of statements, whatever numbers of them come', async () => {
    const store = database.store('transfer');
    const texts = new Set<string>();
    const takenAt = new Date('2026-01-31T09:30:00.123Z');
    let sent = 0;
    for (let count = 1; count <= 300; count += 13) {
      const rows = Array.from({ length: count }, (_, at) => {
        return { id: `${count}/${at}`, sizeBytes: at, fragile: false, takenAt, note: { words: [] }, depot: null };
      });
      await store.transact(async (unit) => {
        const kysely = unit.em.getKysely();
        const plugin: KyselyPlugin = {
          transformQuery({ node, queryId }) {
            texts.add(kysely.getExecutor().compileQuery(node, queryId).sql);
            return node;
          },
          transformResult: async ({ result }) => result,
        };
        jest.spyOn(unit.em, 'getKysely').mockReturnValue(kysely.withPlugin(plugin) as never);
        await insertRows(unit.em, Parcel, rows);
      });
      sent += count;
    }
    expect(await store.read((em) => em.count(Parcel))).toBe(sent);
    expect(texts.size).toBe(9);
  });

  test('gives rows back as they were given, on every dialect', async () => {
    const text = 'a name of more than 255 characters: '.repeat(20);
    const takenAt = new Date('2026-01-31T09:30:00.123Z');
    await database.store('transfer').transact(async (unit) => {
      const depot = unit.em.create(Depot, { id: 'd', name: text });
      const note = { words: ['ß', '"', 'x'] };
      unit.em.create(Parcel, { id: 'p', sizeBytes: 2 ** 40, fragile: true, takenAt, note, depot });
    });
    const found = await database.store('transfer').read((em) => em.findOneOrFail(Parcel, 'p', { populate: ['depot'] }));
    expect(found).toMatchObject({ sizeBytes: 2 ** 40, fragile: true, takenAt, note: { words: ['ß', '"', 'x'] } });
    expect(found.depot?.name).toBe(text);
  });

  test('lets a read inside a transaction see what is committed, without waiting for itself', async () => {
    const store = database.store('transfer');
    const seen = await store.transact(async (unit) => {
      unit.em.create(Depot, { id: 'd', name: 'north' });
      await unit.em.flush();
      return { inside: await unit.em.count(Depot), outside: await store.read((em) => em.count(Depot)) };
    });
    expect(seen).toEqual({ inside: 1, outside: 0 });
  });

  test('refuses a transaction inside a transaction instead of waiting for ever', async () => {
    const nested = database.store('transfer').transact(() => database.store('validation').transact(async () => {}));
    await expect(nested).rejects.toMatchObject({ code: 'BROKEN_PROMISE' });
  });

  test('refuses to write in a read', async () => {
    const writing = database.store('transfer').read(async (em) => {
      em.create(Depot, { id: 'd', name: 'north' });
      await em.flush();
    });
    await expect(writing).rejects.toThrow();
    expect(await database.store('transfer').read((em) => em.count(Depot))).toBe(0);
  });

  test('takes many writers at once, each reading while it writes', async () => {
    const store = database.store('transfer');
    const ids = Array.from({ length: 60 }, (_, at) => `d${at}`);
    await Promise.all(
      ids.map((id) =>
        store.transact(async (unit) => {
          await store.read((em) => em.count(Depot));
          unit.em.create(Depot, { id, name: id });
        }),
      ),
    );
    expect(await store.read((em) => em.count(Depot))).toBe(60);
  });

  test('finds everything again when it is opened again', async () => {
    await takeParcel(database.store('transfer'), 'p1');
    await database.close();
    database = await place.open([PARCELS, RECEIPTS]);
    expect(await everything()).toEqual({ parcels: 1, events: 1, entries: 1, jobs: 1 });
  });

  test('refuses a database that a newer Waybill wrote, and a migration that was changed', async () => {
    await database.close();
    await expect(place.open([{ ...PARCELS, migrations: [] }])).rejects.toMatchObject({ code: 'STORE_TOO_NEW' });
    const changed = PARCELS.migrations.map((each) => ({ ...each, sqlite: ['select 1'], postgresql: ['select 1'] }));
    await expect(place.open([{ ...PARCELS, migrations: changed }])).rejects.toMatchObject({
      code: 'STORE_MIGRATION_CHANGED',
    });
  });

  test('keeps audit entries in canonical JSON, in order, and reads on from a position', async () => {
    for (const id of ['a', 'b', 'c']) {
      await database.store('transfer').transact(async (unit) => unit.audit(entryAbout(id)));
    }
    const first = await auditRows(database, START, 2);
    await database.close();
    database = await place.open([PARCELS, RECEIPTS]);
    const rest = await auditRows(database, first[1]?.position ?? '', 10);
    expect([...first, ...rest].map(({ id }) => id)).toEqual(['aud-a', 'aud-b', 'aud-c']);
    expect(Buffer.from(rest[0]?.bytes ?? []).toString()).toBe(
      '{"action":"parcel-taken","actor":"service:test","id":"aud-c","occurredAt":"2026-01-31T09:30:00.000Z",' +
        '"outcome":"succeeded","plane":"operational","subject":"c"}',
    );
  });

  if (dialect.dialect === 'sqlite') {
    test('refuses a directory that is already open', async () => {
      await expect(place.open([PARCELS])).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    });
  } else {
    test('lets several processes open one database, whose migrations run one after the other', async () => {
      const others = await Promise.all([place.open([PARCELS]), place.open([PARCELS]), place.open([RECEIPTS])]);
      await takeParcel(database.store('transfer'), 'p1');
      expect(await others[0]?.store('transfer').read((em) => em.count(Parcel))).toBe(1);
    });
  }
});

test('migrations say all that the entities do, on SQLite', async () => {
  expect(await missingOnSqlite(PARCELS)).toEqual([]);
  expect(await missingOnSqlite({ ...PARCELS, migrations: [] })).toHaveLength(4);
});

(POSTGRES_URL === undefined ? test.skip : test)('migrations say all that the entities do, on PostgreSQL', async () => {
  expect(await missingOnPostgres(PARCELS, POSTGRES_URL ?? '')).toEqual([]);
});

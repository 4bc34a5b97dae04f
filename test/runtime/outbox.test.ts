import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../runtime/database.ts';
import { auditRows, eventsAfter, hasUnsettledEvents, isLater, type Position, START } from '../../runtime/outbox.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { entryAbout, PARCELS, parcelTaken } from './parcels.ts';

const WRITERS = 8;
const COMMITS_PER_WRITER = 40;
const TYPE = 'transfer.parcel-taken.v1' as const;

onEveryDialect('the outbox', (dialect) => {
  let place: Place;
  let database: Database;

  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS]);
  });
  afterEach(() => place.leave());

  /** Commits some units and gives up others, with transactions of every length open side by side. */
  const write = async (store: ReturnType<Database['store']>, writer: number): Promise<string[]> => {
    const committed: string[] = [];
    for (let at = 0; at < COMMITS_PER_WRITER; at++) {
      const id = `${writer}-${at}`;
      try {
        await store.transact(async (unit) => {
          unit.emit(parcelTaken(id));
          unit.audit(entryAbout(id));
          for (let query = 0; query < (writer * at) % 5; query++) await unit.em.execute('select 1');
          if ((writer + at) % 9 === 0) throw new Error('given up');
        });
        committed.push(id);
      } catch {
        // Given up on purpose.
      }
    }
    return committed;
  };

  const readUntil = async (isDone: () => boolean, page: (after: Position) => Promise<readonly Read[]>) => {
    const seen: string[] = [];
    let position = START;
    for (;;) {
      // Read before asking, so that the last page is read after the last commit.
      const done = isDone() && !(await hasUnsettledEvents(database.platform));
      const rows = await page(position);
      for (const row of rows) {
        expect(isLater(row.position, position)).toBe(true);
        position = row.position;
        seen.push(row.id);
      }
      if (rows.length === 0 && done) return seen;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test(`misses no committed event and no audit row of ${WRITERS} writers, and gives none twice`, async () => {
    let writing = true;
    const events = readUntil(
      () => !writing,
      async (after) => {
        const found = await eventsAfter(database.platform, new Map([[TYPE, after]]), 7);
        return found.map(({ position, event }) => ({ position, id: event.subject }));
      },
    );
    const entries = readUntil(
      () => !writing,
      async (after) => (await auditRows(database, after, 7)).map(({ position, id }) => ({ position, id: id.slice(4) })),
    );
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(database.store('transfer'), writer));
    const committed = (await Promise.all(writers)).flat().sort();
    writing = false;
    expect((await events).sort()).toEqual(committed);
    expect((await entries).sort()).toEqual(committed);
  });

  if (dialect.dialect === 'postgresql') {
    test('holds an event back while an older transaction may still commit one before it', async () => {
      const { platform } = database;
      await sql`create table held (id text)`.execute(platform.writer);
      await platform.writer.transaction().execute(async (older) => {
        await sql`insert into held values ('a')`.execute(older);
        await database.store('transfer').transact(async (unit) => unit.emit(parcelTaken('young')));
        expect(await eventsAfter(platform, new Map([[TYPE, START]]), 10)).toEqual([]);
        expect(await hasUnsettledEvents(platform)).toBe(true);
      });
      const found = await eventsAfter(platform, new Map([[TYPE, START]]), 10);
      expect(found.map(({ event }) => event.subject)).toEqual(['young']);
    });

    test('does not wait for a transaction in another database of the same server', async () => {
      const elsewhere = await dialect.enter();
      try {
        const other = await elsewhere.open([PARCELS]);
        await other.platform.writer.transaction().execute(async (older) => {
          await sql`create table held (id text)`.execute(older);
          await database.store('transfer').transact(async (unit) => unit.emit(parcelTaken('young')));
          expect(await eventsAfter(database.platform, new Map([[TYPE, START]]), 10)).toHaveLength(1);
          expect(await hasUnsettledEvents(database.platform)).toBe(false);
        });
      } finally {
        await elsewhere.leave();
      }
    });
  }
});

interface Read {
  readonly position: Position;
  readonly id: string;
}

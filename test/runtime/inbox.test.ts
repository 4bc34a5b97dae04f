import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../runtime/database.ts';
import { type Dispatcher, type EventHandler, startDispatcher } from '../../runtime/inbox.ts';
import { platformTable } from '../../runtime/platform.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { AT, HASTY, PARCELS, parcelTaken, QUIET, RECEIPTS } from './parcels.ts';

const IDS = Array.from({ length: 25 }, (_, at) => `p${`${at}`.padStart(2, '0')}`);

onEveryDialect('the inbox', (dialect) => {
  let place: Place;
  let database: Database;
  const running: Dispatcher[] = [];

  beforeEach(async () => {
    place = await dialect.enter();
    database = await place.open([PARCELS, RECEIPTS]);
  });
  afterEach(async () => {
    for (const dispatcher of running.splice(0)) await dispatcher.close();
    await place.leave();
  });

  const start = (handlers: readonly EventHandler[], on: Database = database): Dispatcher => {
    const dispatcher = startDispatcher({ database: on, handlers: { validation: handlers }, ...QUIET, retry: HASTY });
    running.push(dispatcher);
    return dispatcher;
  };
  const take = (id: string): Promise<void> =>
    database.store('transfer').transact(async (unit) => unit.emit(parcelTaken(id)));
  const receipts = async (): Promise<readonly string[]> => {
    const table = dialect.dialect === 'sqlite' ? sql`validation_receipt` : sql`validation.receipt`;
    const found = await sql<{ id: string }>`select id from ${table} order by id`.execute(database.platform.reader);
    return found.rows.map(({ id }) => id);
  };
  /** Has no "on conflict": a second run for the same event fails on the key. */
  const receipt = (before: (id: string) => void = () => {}, after: (id: string) => void = () => {}): EventHandler => ({
    on: 'transfer.parcel-taken.v1',
    name: 'receipt',
    async handle({ subject }, unit) {
      before(subject);
      await unit.em.execute(
        dialect.dialect === 'sqlite'
          ? 'insert into validation_receipt values (?)'
          : 'insert into validation.receipt values (?)',
        [subject],
      );
      after(subject);
    },
  });

  test('hands every event to its handler, in the order they were told', async () => {
    const order: string[] = [];
    const dispatcher = start([receipt((id) => order.push(id))]);
    for (const id of IDS) await take(id);
    await dispatcher.settled();
    expect(order).toEqual(IDS);
    expect(await receipts()).toEqual(IDS);
  });

  test('hands the events of the past to a handler that is new', async () => {
    for (const id of IDS) await take(id);
    await start([]).settled();
    await start([receipt()]).settled();
    expect(await receipts()).toEqual(IDS);
  });

  test('repeats nothing when an event comes again after its effects were kept', async () => {
    for (const id of IDS) await take(id);
    const first = start([receipt()]);
    await first.settled();
    await first.close();
    // As if the cursor had been lost: every event is delivered a second time.
    await sql`delete from ${platformTable(dialect.dialect, 'cursor')}`.execute(database.platform.writer);
    await start([receipt()]).settled();
    expect(await receipts()).toEqual(IDS);
  });

  test('loses and repeats nothing when it dies between the effects and their commit', async () => {
    for (const id of IDS) await take(id);
    let crashes = 0;
    const flaky = receipt(undefined, (id) => {
      if (id.endsWith('3') && crashes++ % 2 === 0) throw new Error('crash');
    });
    await start([flaky]).settled();
    expect(crashes).toBeGreaterThan(2);
    expect(await receipts()).toEqual(IDS);
  });

  test('stops loudly at an event that always fails, skips nothing, and goes on after a restart', async () => {
    for (const id of IDS) await take(id);
    const broken = start([
      receipt((id) => {
        if (id === 'p10') throw new Error('a defect');
      }),
    ]);
    await broken.settled();
    expect(await receipts()).toEqual(IDS.slice(0, 10));
    expect(await broken.stopped()).toEqual([
      { handler: 'validation/transfer.parcel-taken.v1/receipt', event: 'evt-p10', failures: 3, code: 'UNEXPECTED' },
    ]);
    await broken.close();
    const mended = start([receipt()]);
    await mended.settled();
    expect(await receipts()).toEqual(IDS);
    expect(await mended.stopped()).toEqual([]);
  });

  test('keeps what a handler tells in the transaction of its effects, and hands that on too', async () => {
    const heard: string[] = [];
    const answering: EventHandler = {
      on: 'transfer.parcel-taken.v1',
      name: 'answer',
      async handle({ subject }, unit) {
        unit.emit({
          id: `answer-${subject}`,
          type: 'validation.parcel-seen.v1',
          subject,
          actor: 'service:test',
          occurredAt: AT,
          payload: {},
        });
      },
    };
    const hearing: EventHandler = {
      on: 'validation.parcel-seen.v1',
      name: 'hear',
      handle: async ({ subject }) => void heard.push(subject),
    };
    const dispatcher = startDispatcher({
      database,
      handlers: { validation: [answering], transfer: [hearing] },
      ...QUIET,
    });
    running.push(dispatcher);
    for (const id of IDS) await take(id);
    await dispatcher.settled();
    expect(heard).toEqual(IDS);
  });

  if (dialect.dialect === 'postgresql') {
    test('runs each handler once for each event when two processes have the same handlers', async () => {
      const other = await place.open([PARCELS, RECEIPTS]);
      const seen: string[] = [];
      const one = start([receipt((id) => seen.push(id))]);
      const two = start([receipt((id) => seen.push(id))], other);
      await Promise.all(IDS.map(take));
      await Promise.all([one.settled(), two.settled()]);
      expect(await receipts()).toEqual(IDS);
      expect(seen.sort()).toEqual(IDS);
    });

    test('is woken by an event that another process told', async () => {
      const other = await place.open([PARCELS, RECEIPTS]);
      const heard = new Promise<string>((resolve) => {
        start([receipt(resolve)]);
      });
      await running[0]?.settled();
      await other.store('transfer').transact(async (unit) => unit.emit(parcelTaken('p1')));
      expect(await heard).toBe('p1');
    });
  }
});

import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CompiledQuery } from 'kysely';
import type { Sql } from '../../runtime/platform.ts';
import { connect } from '../../runtime/sqlite.ts';

/** As many rows as one statement of the inventory has, and more text than one that is forgotten at once. */
const ROWS = 500;
const MANY_ROWS = `insert into parcel (name, weight) values ${Array(ROWS).fill('(?, ?)').join(', ')}`;

describe('SQLite', () => {
  let connection: Sql;
  const prepare = jest.spyOn(DatabaseSync.prototype, 'prepare');

  beforeEach(async () => {
    connection = await connect(':memory:', []);
    await connection.executeQuery(CompiledQuery.raw('create table parcel (name text, weight integer)'));
    prepare.mockClear();
  });
  afterEach(() => connection.destroy());

  const insert = (from: number) =>
    connection.executeQuery(
      CompiledQuery.raw(
        MANY_ROWS,
        Array.from({ length: ROWS }, (_, row) => [`parcel ${from + row}`, from + row]).flat(),
      ),
    );

  test('prepares a statement of many rows once, and writes each time the values it is given', async () => {
    for (let page = 0; page < 5; page++) await insert(page * ROWS);
    expect(prepare.mock.calls.filter(([text]) => text === MANY_ROWS)).toHaveLength(1);
    const { rows } = await connection.executeQuery(
      CompiledQuery.raw('select count(distinct name) as names, sum(weight) as weight from parcel'),
    );
    expect(rows).toEqual([{ names: 5 * ROWS, weight: (5 * ROWS * (5 * ROWS - 1)) / 2 }]);
  });

  test('answers each of more statements than it keeps, also when the first comes again', async () => {
    await insert(0);
    const texts = Array.from({ length: 300 }, (_, at) => `select name, ${at} as at from parcel where weight = ?`);
    for (const [at, text] of [...texts.entries(), ...texts.entries()]) {
      const { rows } = await connection.executeQuery(CompiledQuery.raw(text, [at]));
      expect(rows).toEqual([{ name: `parcel ${at}`, at }]);
    }
  });
});

/** Values of the ORM bound on SQLite: what is stored is what the ORM's own text with the values in it would store. */
import { describe, expect, test } from '@jest/globals';
import { raw } from '@mikro-orm/core';
import { SqlitePlatform } from '@mikro-orm/sql';
import fc from 'fast-check';
import { CompiledQuery } from 'kysely';
import { connect } from '../../runtime/sqlite.ts';
import { withPlaces } from '../../runtime/sqlite-values.ts';

const platform = new SqlitePlatform();
const value = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.record({ code: fc.string({ maxLength: 5 }).filter((text) => !text.includes('\0')) }),
);

describe('a value that is bound on SQLite', () => {
  test('is what the ORM would have written into the text, in columns of every kind', async () => {
    const connection = await connect(':memory:', []);
    await connection.executeQuery(
      CompiledQuery.raw('create table thing (id integer, name text, weight integer, share real, content blob)'),
    );
    const insert = 'insert into thing (id, name, weight, share, content) values (?, ?, ?, ?, ?)';
    const select = 'select typeof(name), name, typeof(weight), weight, typeof(share), share, typeof(content), content';
    let id = 0;
    await fc.assert(
      fc.asyncProperty(value, async (each) => {
        const params = (row: number) => [row, each, each, each, each];
        const bound = withPlaces(platform, insert, params(++id));
        await connection.executeQuery(CompiledQuery.raw(bound.text, bound.values));
        await connection.executeQuery(CompiledQuery.raw(platform.formatQuery(insert, params(++id))));
        const { rows } = await connection.executeQuery(
          CompiledQuery.raw(`${select} from thing where id in (?, ?) order by id`, [id - 1, id]),
        );
        expect(rows[0]).toEqual(rows[1]);
      }),
      { numRuns: 300 },
    );
    await connection.destroy();
  });

  test('has its place in lists, in what is nested, beside names and beside a question mark that is one', () => {
    const nested = raw('lower(?)', ['A']);
    expect(
      withPlaces(platform, 'select ?? from thing where a in (?) and b = ? and c = \\? and d = ?', [
        'th`ing.id',
        [1, 'two', [3]],
        nested,
        undefined,
      ]),
    ).toEqual({
      text: 'select `th``ing`.`id` from thing where a in (?, ?, ?) and b = lower(?) and c = ? and d = ?',
      values: [1, 'two', 3, 'A', null],
    });
  });
});

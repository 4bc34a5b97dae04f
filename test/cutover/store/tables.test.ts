import { describe, expect, test } from '@jest/globals';
import { missingOnPostgres, missingOnSqlite } from '../../../runtime/migrate.ts';
import { cutoverStore } from '../../../subgraphs/cutover/store/store.ts';
import { POSTGRES_URL } from '../../support/databases.ts';

describe('the migrations of cutover', () => {
  test('say all that its tables do, on SQLite', async () => {
    expect(await missingOnSqlite(cutoverStore)).toEqual([]);
  });

  (POSTGRES_URL === undefined ? test.skip : test)('say all that its tables do, on PostgreSQL', async () => {
    expect(await missingOnPostgres(cutoverStore, POSTGRES_URL ?? '')).toEqual([]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { missingOnPostgres, missingOnSqlite } from '../../../runtime/migrate.ts';
import { inventoryStore } from '../../../subgraphs/inventory/store/store.ts';
import { POSTGRES_URL } from '../../support/databases.ts';

describe('the migrations of inventory', () => {
  test('say all that its tables do, on SQLite', async () => {
    expect(await missingOnSqlite(inventoryStore)).toEqual([]);
  });

  (POSTGRES_URL === undefined ? test.skip : test)('say all that its tables do, on PostgreSQL', async () => {
    expect(await missingOnPostgres(inventoryStore, POSTGRES_URL ?? '')).toEqual([]);
  });
});

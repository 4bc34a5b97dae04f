import { describe, expect, test } from '@jest/globals';
import { openPool } from '../../runtime/postgres.ts';
import { POSTGRES_URL } from '../support/databases.ts';

describe('a pool of connections to PostgreSQL', () => {
  const onServer = POSTGRES_URL === undefined ? test.skip : test;

  onServer('is closed in the end, although a connection was lost and never given back', async () => {
    const opened = await openPool(POSTGRES_URL ?? '');
    const client = await opened.pool.connect();
    client.on('error', () => {});
    const cut = client.query('select pg_terminate_backend(pg_backend_pid())');
    await expect(cut).rejects.toMatchObject({ code: '57P01' });
    await opened.close();
    expect(opened.pool.ending).toBe(true);
  });
});

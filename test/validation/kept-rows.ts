/** What the store of validation holds at a moment, for a test to go back to as often as it likes. */
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import type { Rig } from './rig.ts';

/** Keeps everything validation, its outbox and its queue hold; the answer puts it back. */
export async function keepRows({ database, house }: Rig): Promise<() => Promise<void>> {
  const isPostgres = database.platform.dialect === 'postgresql';
  const own = await house.store.read(async (em) =>
    validationStore.entities.map((entity) => em.getMetadata().get(entity).tableName),
  );
  const tables = [
    ...own.map((name) => (isPostgres ? `validation.${name}` : name)),
    ...['event', 'audit_row', 'job'].map((name) => (isPostgres ? `runtime.${name}` : `runtime_${name}`)),
  ].map((name, at) => [name, `kept_${at}`] as const);
  const all = (statement: (table: string, kept: string) => string): Promise<void> =>
    house.store.transact(async ({ em }) => {
      for (const [table, kept] of tables) await em.execute(statement(table, kept));
    });
  await all((_, kept) => `drop table if exists ${kept}`);
  await all((table, kept) => `create table ${kept} as select * from ${table}`);
  return async () => {
    await all((table) => `delete from ${table}`);
    await all((table, kept) => `insert into ${table} select * from ${kept}`);
  };
}

/** A log of its own for a test: a database, keys and a folder. */
import type { AuditEntry } from '../../kernel/event.ts';
import type { Database } from '../../runtime/database.ts';
import { type HouseKeys, openKeys } from '../../runtime/keys.ts';
import { openLogFiles } from '../../subgraphs/audit/work/log-files.ts';
import { Sequencer } from '../../subgraphs/audit/work/sequencer.ts';

export interface LogHouse {
  readonly database: Database;
  readonly keys: HouseKeys;
  readonly sequencer: Sequencer;
}

export async function openLog(database: Database, directory: string): Promise<LogHouse> {
  const keys = openKeys(directory);
  const sequencer = new Sequencer(database, await openLogFiles(directory), keys.log);
  await sequencer.open();
  return { database, keys, sequencer };
}

export function entry(id: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id,
    plane: 'operational',
    action: 'item-committed',
    actor: 'service:transfer',
    subject: 'item-1',
    outcome: 'succeeded',
    occurredAt: '2026-01-31T09:30:00.000Z',
    ...more,
  };
}

/** Commits audit entries as a subgraph would, beside a change. */
export async function record(database: Database, entries: readonly AuditEntry[]): Promise<void> {
  await database.store('audit').transact(async (unit) => {
    for (const each of entries) unit.audit(each);
  });
}

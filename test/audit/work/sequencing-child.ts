/** A process that commits audit entries and takes them into the log until it is killed. Tells what was acknowledged. */
import { systemClock } from '../../../kernel/clock.ts';
import { openDatabase } from '../../../runtime/database.ts';
import { silentLog } from '../../../runtime/log.ts';
import { openMetrics } from '../../../runtime/metrics.ts';
import { auditStore } from '../../../subgraphs/audit/store/store.ts';
import { openRecordOffice } from '../../../subgraphs/audit/work/record-office.ts';
import { entry, openLog, record } from '../log-house.ts';

const [directory = '', url = '', round = ''] = process.argv.slice(2);
const database = await openDatabase({ url: url || undefined, directory, stores: [auditStore], clock: systemClock });
const { sequencer } = await openLog(database, directory);
const store = database.store('audit');
openRecordOffice({ sequencer, store, log: silentLog, metrics: openMetrics(), appended: () => {} });

for (let commit = 0; ; commit++) {
  const ids = Array.from({ length: 1 + (commit % 23) }, (_, at) => `entry-${round}-${commit}-${at}`);
  await record(
    database,
    ids.map((id) => entry(id)),
  );
  process.stdout.write(`${ids.join(' ')}\n`);
}

/** Takes one parcel after the other and says so when it is committed, until it is killed. Arguments: directory, url. */
import { systemClock } from '../../kernel/clock.ts';
import { openDatabase } from '../../runtime/database.ts';
import { startWorkers } from '../../runtime/jobs.ts';
import { openStrongroom } from '../../runtime/strongroom.ts';
import { PARCELS, QUIET, takeParcel } from './parcels.ts';

const [directory = '', url = '', round = ''] = process.argv.slice(2);
const database = await openDatabase({
  url: url === '' ? undefined : url,
  directory,
  stores: [PARCELS],
  clock: systemClock,
});
const room = await openStrongroom(directory);
startWorkers({
  database,
  jobs: { transfer: [{ kind: 'weigh', run: () => new Promise<void>(() => {}) }] },
  ...QUIET,
});
for (let at = 0; ; at++) {
  const id = `${round}-${at}`;
  const { digest } = await room.put([Buffer.from(id)]);
  await takeParcel(database.store('transfer'), id);
  process.stdout.write(`${id} ${digest}\n`);
}

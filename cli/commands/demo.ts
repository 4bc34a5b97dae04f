/** `waybill demo` (and `npm start`): a real migration on this machine, with faults planted for it to find. */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { prepareDemonstration } from '../../demo/demonstration.ts';
import { mintToken } from '../../gateway/main.ts';
import { systemClock } from '../../kernel/clock.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { isFault } from '../../kernel/fault.ts';
import { loadConfig, type Config } from '../../runtime/config.ts';
import { openLog, silentLog } from '../../runtime/log.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { act } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { openHouse, type House } from '../house.ts';
import { admit, createKeyFile } from '../key-file.ts';
import { DECLARE } from '../operations.ts';
import { untilStopped } from '../stop.ts';
import { summaryText, type Summary } from '../summary.ts';
import { complete, exitOf } from './migrate.ts';

export interface DemoOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Kept when given; otherwise a temporary folder that goes with the process. */
  readonly data?: string;
  readonly patients: string;
  readonly seed: string;
}

const TOKEN_SECONDS = 12 * 3600;
const PATIENTS_MIN = 60;

export async function demo(options: DemoOptions): Promise<ExitCode> {
  const place = options.data === undefined ? await mkdtemp(join(tmpdir(), 'waybill-demo-')) : resolve(options.data);
  const isTemporary = options.data === undefined && !options.once;
  await mkdir(join(place, 'world'), { recursive: true });
  const patients = Math.max(Number(options.patients) || 0, PATIENTS_MIN);
  const seed = Number(options.seed) || 0;
  const world = await prepareDemonstration({
    directory: join(place, 'world'),
    clock: systemClock,
    seed,
    patients,
    faults: 'planted',
  });
  try {
    const house = await openOnFreePort(loadConfig({ directory: join(place, 'house'), anonymous: 'reader' }), options);
    try {
      const summary = await migrateWorld(
        house,
        place,
        world.plan,
        `${patients} synthetic patients, ${world.sourceFiles} files`,
      );
      process.stdout.write(summaryText(summary));
      if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      if (options.once) return exitOf(summary);
      process.stdout.write('The house stays open: look around in the explorer. Ctrl-C ends it.\n');
      await untilStopped();
      return EXIT.clean;
    } finally {
      await house.close();
    }
  } finally {
    await world.close();
    if (isTemporary) await rm(place, { recursive: true, force: true });
  }
}

/** Port 4000 unless PORT says otherwise; when it is taken, any free one. */
async function openOnFreePort(config: Config, options: DemoOptions): Promise<House> {
  const log = options.verbose ? openLog(systemClock) : silentLog;
  const open = (port: number) => openHouse({ config: { ...config, port }, parts: ['gateway', ...SUBGRAPHS], log });
  try {
    return await open(config.port);
  } catch (error) {
    if (!isFault(error) || error.code !== 'PORT_IN_USE' || config.environment('PORT') !== undefined) throw error;
    process.stderr.write(`port ${config.port} is taken; using a free one\n`);
    return open(0);
  }
}

async function migrateWorld(house: House, place: string, planPath: string, what: string): Promise<Summary> {
  const keys = join(place, `keys-${process.pid}`);
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const person = (name: string, role: 'operator' | 'approver') => {
    const keyFile = createKeyFile(`${name}-${process.pid}`, [role], join(keys, `${name}.key`));
    return { keyFile, actor: admit(house.config.directory, keyFile) };
  };
  const [olga, anna] = [person('olga', 'operator'), person('anna', 'approver')];
  const token = await mintToken(olga.keyFile, systemClock, TOKEN_SECONDS);
  process.stdout.write(
    [
      `Waybill moves a synthetic practice: ${what}.`,
      'Source: SFTP. Targets: a FHIR R4 API over TLS and an HL7 drop folder. Something is wrong at each of them.',
      '',
      `  ${house.gateway?.url}#token=${token}`,
      '',
      `Open it for the explorer. Key files of the operator and the approver: ${keys}`,
      '',
    ].join('\n'),
  );
  const read = await readPlanFile(planPath);
  if (!read.ok) throw new CommandRefused(read.refusals);
  const hands = { operator: olga.actor, approver: anna.actor };
  const { migration } = await act<{ migration: { id: string } }>(house, hands.operator, DECLARE, read.value);
  return complete(house, hands, migration.id, undefined);
}

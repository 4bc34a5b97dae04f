/** Killed at any moment, as often as you like: the end is the same as if nothing had happened. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/digest.ts';
import { people, readFolder, type People } from '../support/people.ts';
import { onEveryDialect, type Place, type TestDialect } from '../support/databases.ts';
import { databaseSettings, type Ended, runWaybill, startWaybill } from '../support/waybill.ts';

const KILLS = 30;
const PATIENTS = 80;
const KILL_AFTER_MAX_MS = 500;
/** Each kill starts the whole house anew: two minutes on an idle machine, many more on a busy one. */
const LONG_MS = 1_200_000;

interface World {
  readonly place: Place;
  readonly demonstration: Demonstration;
  readonly data: string;
  readonly people: People;
}

async function world(dialect: TestDialect): Promise<World> {
  const place = await dialect.enter();
  const { directory } = place;
  const demonstration = await prepareDemonstration({
    directory,
    clock: systemClock,
    seed: 11,
    patients: PATIENTS,
    faults: 'none',
  });
  return { place, demonstration, data: join(directory, 'data'), people: await people(directory) };
}

/** What is at the target, without what a server makes up: how often each source key and each document is there. */
async function contents({ demonstration }: World): Promise<Record<string, unknown>> {
  const { store } = demonstration.target;
  const types = [
    'Patient',
    'AllergyIntolerance',
    'MedicationRequest',
    'Condition',
    'Observation',
    'DiagnosticReport',
    'DocumentReference',
  ];
  const records = types.map((type): [string, string[]] => [
    type,
    store
      .ids(type)
      .map((id) => {
        const { id: _id, content: _content, ...rest } = { ...store.get(type, id) } as Record<string, unknown>;
        return sha256(JSON.stringify(rest));
      })
      .sort(),
  ]);
  return { ...Object.fromEntries(records), dropped: await readFolder(demonstration.dropFolder) };
}

onEveryDialect('a migration', (dialect) => {
  let calm: World;
  let stormy: World;
  let calmEnd: Ended;

  beforeAll(async () => {
    [calm, stormy] = [await world(dialect), await world(dialect)];
    calmEnd = await migrate(calm);
  }, LONG_MS);
  afterAll(async () => {
    for (const each of [calm, stormy]) {
      await each.demonstration.close();
      await each.place.leave();
    }
  });

  test('that nobody disturbs ends clean', () => {
    expect({
      code: calmEnd.code,
      outcome: calmEnd.json?.outcome,
      said: calmEnd.code === 0 ? '' : calmEnd.stderr,
    }).toEqual({
      code: 0,
      outcome: 'clean',
      said: '',
    });
  });

  test(
    `killed ${KILLS} times at random moments and resumed ends as if nobody had disturbed it`,
    async () => {
      const { people: who, data, demonstration, place } = stormy;
      const common = { directory: place.directory, environment: databaseSettings(place) };
      const logSizes: number[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const args = ['migrate', demonstration.plan, '--data', data, '--json', ...who.flags];
        const running = startWaybill(args, common);
        await running.said(/migration|STORE_IN_USE/).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, randomInt(0, KILL_AFTER_MAX_MS)));
        running.process.kill('SIGKILL');
        await running.ended;
        logSizes.push(logSizeOf(data));
      }
      const resumed = await runWaybill(['resume', '--data', data, '--json', ...who.flags], common);
      expect({ code: resumed.code, stderr: resumed.code === 0 ? '' : resumed.stderr }).toEqual({ code: 0, stderr: '' });
      expect(resumed.json?.datasets).toEqual(calmEnd.json?.datasets);
      expect(resumed.json?.records).toEqual(calmEnd.json?.records);
      expect(await contents(stormy)).toEqual(await contents(calm));
      // A published entry stays published: the log never shrinks, and the pack's whole tree is derived again below.
      expect([...logSizes, logSizeOf(data)]).toEqual(
        [...logSizes, logSizeOf(data)].sort((left, right) => left - right),
      );
      const verified = await runWaybill(['verify', resumed.json?.evidence ?? ''], common);
      expect(`${verified.code} ${verified.stdout}${verified.stderr}`).toMatch(/^0 /);
    },
    LONG_MS,
  );
});

/** Entries in the published checkpoint (C2SP tlog-checkpoint, second line). */
function logSizeOf(data: string): number {
  const path = join(data, 'log', 'checkpoint');
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[1]) : 0;
}

function migrate({ demonstration, data, people: who, place }: World): Promise<Ended> {
  const args = ['migrate', demonstration.plan, '--data', data, '--json', ...who.flags];
  return runWaybill(args, { directory: place.directory, environment: databaseSettings(place) });
}

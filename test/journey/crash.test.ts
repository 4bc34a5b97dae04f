/** Killed at any moment, as often as you like: the end is the same as if nothing had happened. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { type Demonstration, type DemonstrationOptions, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/digest.ts';
import { people, readFolder, type People } from '../support/people.ts';
import { onEveryDialect, onOneDialect, type Place, type TestDialect } from '../support/databases.ts';
import { databaseSettings, type Ended, runWaybill, startWaybill } from '../support/waybill.ts';

/** Each starts the whole house anew. */
const KILLS = { sqlite: 12, postgresql: 6 } as const;
const PATIENTS = 80;
const KILL_AFTER_MAX_MS = 500;
const FEW_PATIENTS = 40;
const REMEDY_KILLS = 4;
const KILL_POLL_MS = 20;
/** Two minutes on an idle machine, many more on a busy one. */
const LONG_MS = 1_200_000;

interface World {
  readonly place: Place;
  readonly demonstration: Demonstration;
  readonly data: string;
  readonly people: People;
}

/** Of all its datasets, or of those named. */
async function world(
  dialect: TestDialect,
  has: Pick<DemonstrationOptions, 'patients' | 'faults'> = { patients: PATIENTS, faults: 'none' },
  datasets?: readonly string[],
): Promise<World> {
  const place = await dialect.enter();
  const { directory } = place;
  const demonstration = await prepareDemonstration({
    directory,
    clock: systemClock,
    seed: 11,
    ...has,
  });
  if (datasets !== undefined) {
    const plan = parse(readFileSync(demonstration.plan, 'utf8')) as { readonly datasets: readonly { name: string }[] };
    const some = plan.datasets.filter(({ name }) => datasets.includes(name));
    writeFileSync(demonstration.plan, stringify({ ...plan, datasets: some }));
  }
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
    `killed ${KILLS[dialect.dialect]} times at random moments and resumed ends as if nobody had disturbed it`,
    async () => {
      const { people: who, data, demonstration, place } = stormy;
      const common = { directory: place.directory, environment: databaseSettings(place) };
      const logSizes: number[] = [];
      for (let kill = 0; kill < KILLS[dialect.dialect]; kill++) {
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

onOneDialect('a remedy', (dialect) => {
  let struck: World;
  beforeAll(async () => {
    struck = await world(dialect, { patients: FEW_PATIENTS, faults: 'planted' }, ['demographics', 'problems']);
  });
  afterAll(async () => {
    await struck.demonstration.close();
    await struck.place.leave();
  });

  test(
    `killed ${REMEDY_KILLS} times on its way goes on when asked again: nothing is lost or moves twice`,
    async () => {
      const { place, data, demonstration, people: who } = struck;
      const common = { directory: place.directory, environment: databaseSettings(place) };
      const found = (await migrate(struck)).json?.exceptions ?? [];
      const lost = found.find(({ category }) => category === 'missing-record');
      expect(found.map(({ category }) => category).toSorted()).toEqual(['incomplete-chart', 'missing-record']);
      const remedy = (id: string): readonly string[] => {
        return ['exceptions', 'remedy', id, '--reason', 'the disk was full', '--data', data, ...who.flags];
      };
      let asked = lost?.id ?? '';
      for (let kill = 1; kill <= REMEDY_KILLS; kill++) {
        const running = startWaybill(remedy(asked), common);
        const over = running.ended.then(() => true);
        // Each time a step further on: what is entered in the log was committed.
        const size = logSizeOf(data);
        while (logSizeOf(data) < size + kill && !(await Promise.race([over, pause(KILL_POLL_MS, false)])));
        running.process.kill('SIGKILL');
        const { stdout, stderr } = await running.ended;
        // One that died before it could say which is named by the refusal of another.
        asked = /bat-[0-9a-z]{26}/.exec(stdout + stderr)?.[0] ?? asked;
      }
      const ended = await runWaybill(remedy(asked), common);
      expect({ code: ended.code, said: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, said: '' });
      expect(lastOf(ended.stdout)).toMatchObject({ id: asked, state: 'ENDED', exceptions: 1, closed: 1, left: 0 });
      const open = await runWaybill(['exceptions', '--json', '--data', data, ...who.flags], common);
      // With the record the chart is complete that it was missing from.
      expect(lastOf(open.stdout)).toEqual([]);
      const { store } = demonstration.target;
      const problems = store.ids('Condition').map((id) => JSON.stringify(store.get('Condition', id)?.['identifier']));
      expect(problems.filter((each) => each.includes('co00009'))).toHaveLength(1);
      expect(new Set(problems).size).toBe(problems.length);
    },
    LONG_MS,
  );
});

function lastOf(stdout: string): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null') as unknown;
}

/** Entries in the published checkpoint (C2SP tlog-checkpoint, second line). */
function logSizeOf(data: string): number {
  const path = join(data, 'log', 'checkpoint');
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[1]) : 0;
}

function migrate({ demonstration, data, people: who, place }: World): Promise<Ended> {
  const args = ['migrate', demonstration.plan, '--data', data, '--json', ...who.flags];
  return runWaybill(args, { directory: place.directory, environment: databaseSettings(place) });
}

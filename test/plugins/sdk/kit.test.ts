/** The conformance kit catches what it is there to catch: each of these connectors breaks one rule. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { harness as fhir } from '../../../plugins/https-api/conformance/harness.ts';
import https from '../../../plugins/https-api/index.ts';
import { harness as receivers } from '../../../plugins/hl7-mllp/conformance/harness.ts';
import mllp from '../../../plugins/hl7-mllp/index.ts';
import { harness as memory } from '../../../plugins/memory/conformance/harness.ts';
import sound from '../../../plugins/memory/index.ts';
import { harness as folders, skipped as noFolders } from '../../../plugins/sftp/conformance/harness.ts';
import sftp from '../../../plugins/sftp/index.ts';
import { assess, SCENARIOS, type Harness, type Place, type Verdict } from '../../../plugins/sdk/conformance.ts';
import type { Connector } from '../../../plugins/sdk/index.ts';
import { BROKEN_ACKNOWLEDGED } from './broken-acknowledged.ts';
import { BROKEN_COMMITS } from './broken-commits.ts';
import { BROKEN_LISTINGS } from './broken-listings.ts';
import { BROKEN_MANNERS, BROKEN_TALK } from './broken-manners.ts';
import { BROKEN_OVER_HTTPS, BROKEN_OVER_SSH, BROKEN_SHAPES } from './broken-network.ts';
import { BROKEN_READ_BACKS } from './broken-read-backs.ts';
import { BROKEN_READS } from './broken-reads.ts';
import { BROKEN_RECORDS } from './broken-records.ts';
import { BROKEN_STAGES } from './broken-stages.ts';
import { BROKEN_UNDER_TROUBLE } from './broken-under-trouble.ts';
import { twisted } from './broken.ts';

const memoryConnector = sound as Connector;
const harness: Harness = { ...memory, cannot: {}, patienceMs: 200 };

type Case = readonly [what: string, scenario: string, why: string, connector: Connector, harness: Harness];

const inMemory: readonly Case[] = [
  ...[
    ...BROKEN_LISTINGS,
    ...BROKEN_READS,
    ...BROKEN_STAGES,
    ...BROKEN_COMMITS,
    ...BROKEN_READ_BACKS,
    ...BROKEN_RECORDS,
    ...BROKEN_UNDER_TROUBLE,
    ...BROKEN_TALK,
  ].map(([what, scenario, why, twist]): Case => [what, scenario, why, twisted(memoryConnector, twist), harness]),
  ...[...BROKEN_MANNERS, ...BROKEN_SHAPES].map(
    ([what, scenario, why, twist]): Case => [
      what,
      scenario,
      why,
      { ...memoryConnector, ...twist(memoryConnector) },
      harness,
    ],
  ),
];
const overSsh = BROKEN_OVER_SSH.map(
  ([what, scenario, why, twist]): Case => [what, scenario, why, twist(sftp as Connector), folders],
);
const overHttps = BROKEN_OVER_HTTPS.map(
  ([what, scenario, why, twist]): Case => [what, scenario, why, twist(https as Connector), fhir],
);
const overMllp = BROKEN_ACKNOWLEDGED.map(
  ([what, scenario, why, twist]): Case => [what, scenario, why, twisted(mllp as Connector, twist), receivers],
);
const overNetwork = [...(noFolders === undefined ? overSsh : []), ...overHttps, ...overMllp];
const untried = noFolders === undefined ? [] : overSsh;

async function judged(connector: Connector, scenario: string, by: Harness = harness): Promise<Verdict | undefined> {
  const [verdict] = await assess(
    connector,
    by,
    SCENARIOS.filter(({ name }) => name === scenario),
  );
  return verdict;
}

/** Neither a source nor a listing shows what is there. */
const unseen: Connector = {
  ...twisted(memoryConnector, { target: () => ({ listing: undefined }) }),
  roles: ['target'],
  capabilities: { ...memoryConnector.capabilities, listing: false },
};

function lendingAllBut(what: keyof Place, of: Harness = harness): Harness {
  return { ...of, open: async () => ({ ...(await of.open()), [what]: undefined }) };
}

describe('the kit catches a connector that', () => {
  afterAll(() => folders.close?.());

  test.each([...inMemory, ...overNetwork])('%s: %s', async (_, scenario, why, connector, by) => {
    const verdict = await judged(connector, scenario, by);
    expect(verdict).toMatchObject({ result: 'failed', why: expect.stringContaining(why) });
  });

  for (const [what, scenario] of untried) test.skip(`${what}: ${scenario} (skipped: ${noFolders})`, () => {});
});

describe('the kit', () => {
  test('gives each scenario a name of its own', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test('has no scenario that catches nothing', () => {
    const caught = new Set([...inMemory, ...overSsh, ...overHttps, ...overMllp].map(([, scenario]) => scenario));
    expect(SCENARIOS.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });

  test.each([
    ['held', 'commit.lands', sound, lendingAllBut('held')],
    ['held', 'acknowledged.discarded', mllp, lendingAllBut('held', receivers)],
    ['held', 'stage.unseen', unseen, lendingAllBut('held')],
    ['snapshot', 'read.whole', sound, lendingAllBut('snapshot')],
    ['wrong-secrets', 'secrets.wrong', https, lendingAllBut('wrongSecrets', fhir)],
    ['package', 'manifest.agrees', sound, { ...harness, package: undefined }],
  ])('fails where the harness neither lends nor excuses %s: %s', async (means, scenario, connector, by) => {
    const verdict = await judged(connector as Connector, scenario, by);
    expect(verdict).toMatchObject({ result: 'failed', why: expect.stringContaining(means) });
  });

  test.each([
    ['held', 'commit.lands'],
    ['times', 'list.times'],
    ['by-key', 'records.by-key'],
    ['package', 'manifest.agrees'],
  ])('skips in the words of the harness what it excuses: %s, %s', async (means, scenario) => {
    const excused = { ...harness, cannot: { [means]: 'there is none in this place' } };
    expect(await judged(memoryConnector, scenario, excused)).toMatchObject({
      result: 'skipped',
      because: 'there is none in this place',
    });
  });

  test.each([
    ['held', harness],
    ['package', harness],
    ['wrong-secrets', fhir],
  ] as const)('fails whatever is tried where the harness excuses what it lends: %s', async (means, by) => {
    const connector = (by === fhir ? https : sound) as Connector;
    const excused = { ...by, cannot: { ...by.cannot, [means]: 'there is none in this place' } };
    expect(await judged(connector, 'manifest.declares', excused)).toMatchObject({
      result: 'failed',
      why: `the harness lends ${means} and says under \`cannot\` that it does not`,
    });
  });

  test('skips what nobody can see, where that is excused', async () => {
    const excused = { ...lendingAllBut('held'), cannot: { held: 'it is under seal' } };
    expect(await judged(unseen, 'stage.unseen', excused)).toMatchObject({ because: 'it is under seal' });
    expect(await judged(memoryConnector, 'stage.unseen', excused)).toMatchObject({ result: 'passed' });
  });

  test('fails a scenario whose trouble the harness neither plants nor excuses', async () => {
    const speaking = {
      ...memoryConnector,
      capabilities: { ...memoryConnector.capabilities, transport: 'ssh' as const },
    };
    expect(await judged(speaking, 'check.unreachable')).toMatchObject({ result: 'failed' });
  });
});

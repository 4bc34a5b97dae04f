/** How a target is read back: listed or by receipts, with whose credentials, and what stops it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NO_CAPS } from '../../kernel/bandwidth.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { batchOf } from '../../subgraphs/validation/store/copies.ts';
import { datasetPlan } from '../../subgraphs/validation/domain/plan.ts';
import type { House } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change, lose } from './planted.ts';
import { demographics, documents } from './practice.ts';
import { Rig } from './rig.ts';

const END = { connector: 'memory', config: {}, secrets: { token: 'env:MOVER' } };
const planned = (target: object): Json => ({ target, datasets: [{ name: 'a', select: '**' }] }) as Json;

test('a plan that gives secrets for reading back has them used, and only them', () => {
  const own = datasetPlan(planned({ ...END, readback: { token: 'env:READER' } }), 'a');
  expect(own).toMatchObject({ credentials: 'own', target: { secrets: { token: 'env:READER' } } });
  const shared = datasetPlan(planned(END), 'a');
  expect(shared).toMatchObject({ credentials: 'transfer', target: { secrets: { token: 'env:MOVER' } } });
});

test('a target is read back over the network that the plan lists for it', () => {
  const network = [{ host: '10.20.0.0/16', port: 443 }];
  expect(datasetPlan(planned({ ...END, network }), 'a').target).toMatchObject({ network });
  expect(datasetPlan(planned(END), 'a').target).not.toHaveProperty('network');
});

onEveryDialect('reading back', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  /** The same house with targets that cannot list. */
  const blind = (): House => ({
    ...rig.house,
    host: {
      ...rig.house.host,
      capabilities: (id) => rig.house.host.capabilities(id),
      target: async (endpoint, signal) => ({
        ...(await rig.house.host.target(endpoint, signal)),
        listing: undefined,
      }),
    } as House['host'],
  });

  test('shares the caps of the policy with what is moved', async () => {
    const route = { bytesPerSecondMax: 5_000_000, hours: [] };
    const { database } = rig;
    rig = await Rig.open(place, {
      database,
      policy: { transfer: { bandwidth: { zone: 'America/Chicago', route } } },
      name: 'capped',
    });
    await rig.carryAll(demographics());
    const { host } = rig.house;
    const open = host.target.bind(host);
    const seen: unknown[] = [];
    host.target = (endpoint, signal) => {
      seen.push(endpoint.traffic);
      return open(endpoint, signal);
    };
    await rig.work();
    const shared = { route: rig.migrationId, rules: { ...NO_CAPS, zone: 'America/Chicago', route } };
    expect(seen.length).toBeGreaterThan(1);
    for (const each of seen) expect(each).toEqual(shared);
  });

  test('goes by the receipts where a target cannot list, and says so', async () => {
    const datasets = [demographics()];
    await rig.carryAll(...datasets);
    change(rig, 'Patient', 'mrn:0002', (it) => ({ ...it, birthDate: '1971-03-05' }));
    lose(rig, 'Patient', 'mrn:0003');
    await rig.work(blind());
    expect(await rig.found(datasets)).toEqual([
      'missing-record demographics mrn:0003',
      'timestamp-shift demographics mrn:0002 birthDate',
    ]);
    const { report } = await rig.house.store.read((em) => batchOf(em, rig.batchId('demographics')));
    const [told] = await rig.lines<{ readBack: object }>(report);
    expect(told?.readBack).toEqual({
      charts: 'not-shown',
      connector: 'memory',
      credentials: 'transfer',
      decimals: 'kept',
      records: 'by-receipt',
      withheld: [],
    });
  });

  test('stops at what concerns the whole connection, and goes on from there', async () => {
    const datasets = [documents()];
    await rig.carryAll(...datasets);
    rig.target.plant({ on: 'read', nth: 2, effect: { kind: 'fail', code: 'AUTH_FAILED' } });
    await expect(rig.work()).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    expect(await rig.found(datasets)).toEqual([]);
    expect(await rig.events('validation.batch-reconciled.v1')).toEqual([]);
    await rig.work();
    expect(await rig.unverified(datasets)).toEqual([]);
    expect(await rig.events('validation.batch-reconciled.v1')).toHaveLength(1);
  });

  test('seals a target manifest whose digests were computed from the target', async () => {
    const datasets = [documents()];
    await rig.carryAll(...datasets);
    await rig.work();
    const batch = await rig.house.store.read((em) => batchOf(em, rig.batchId('documents')));
    const lines = await rig.lines<{ path: string; sha256: string; sizeBytes: number }>(batch.targetManifest);
    const source = await rig.lines<{ path: string; sha256: string; sizeBytes: number }>(batch.manifest);
    const shown = (all: typeof lines) => all.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes }));
    expect(shown(lines)).toEqual(shown(source));
    expect(batch.assurance).toMatchObject({ bytes: 3, 'not-verifiable': 0 });
  });

  test('leaves nothing of its scratch files behind', async () => {
    await rig.carryAll(demographics());
    await rig.work();
    const { readdir } = await import('node:fs/promises');
    expect(await readdir(`${rig.house.directory}/validation`)).toEqual([]);
  });
});

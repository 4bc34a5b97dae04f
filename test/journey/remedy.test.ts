/** What was found wrong is put right, moved again as a small batch by two people, and closed because it agrees now. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { openHouse, type House } from '../../cli/house.ts';
import { type Actor, type Role } from '../../kernel/actor.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { memoryPlace } from '../../plugins/memory/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { silentLog } from '../../runtime/log.ts';
import { planBetween } from '../inventory/programme-plan.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { poll } from '../support/graph.ts';
import { CSV_PATIENTS, ORU, oru, patients, row } from '../validation/practice.ts';

const person = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const [OLGA, ANNA] = [person('olga', 'operator'), person('anna', 'approver')];
const migrationId = derivedId('mig', 'remedied');
const POLICY = 'approval: { launch: required }';
const DATASETS = [
  {
    ...{ name: 'people', tier: 'active-clinical', select: 'people/**', format: 'delimited' },
    lineage: 'shipped:csv-patient-to-fhir',
  },
  {
    ...{ name: 'results', tier: 'active-clinical', select: 'results/**', format: 'hl7v2' },
    lineage: 'shipped:oru-to-fhir',
  },
  {
    ...{ name: 'documents', tier: 'historical-searchable', select: 'documents/**', format: 'document' },
    lineage: 'pass-through',
  },
].map((dataset) => ({ ...dataset, owner: 'him' }));

const LOOK = `query ($id: ID!) {
  migration(id: $id) { survey { state } readiness { state }
    remedies { id state exceptions items closed left reason lineage proposedBy } }
  batches(migrationId: $id) { nodes { id state remedyOf dataset { name } items
    dispositions { eligible verified } reconciliation { dispositions { eligible verified } } } }
  exceptions(migrationId: $id, first: 100) { nodes { id category code state closedBy sourceId causeId recordType
    batch { id } remedy { id } } } }`;

interface Found {
  readonly id: string;
  readonly category: string;
  readonly code: string;
  readonly state: string;
  readonly closedBy: string | null;
  readonly sourceId: string;
  readonly causeId: string;
  readonly recordType: string | null;
  readonly batch: { readonly id: string } | null;
  readonly remedy: { readonly id: string } | null;
}

type Counts = Readonly<Record<'eligible' | 'verified', number>> | null;

interface Seen {
  readonly migration: {
    readonly survey: { readonly state: string };
    readonly readiness: { readonly state: string };
    readonly remedies: readonly Readonly<
      Record<'id' | 'state' | 'reason' | 'proposedBy', string> & Record<'closed' | 'left' | 'items', number>
    >[];
  };
  readonly batches: {
    readonly nodes: readonly {
      readonly id: string;
      readonly state: string;
      readonly remedyOf: string | null;
      readonly dataset: { readonly name: string };
      readonly dispositions: Counts;
      readonly reconciliation: { readonly dispositions: Counts } | null;
    }[];
  };
  readonly exceptions: { readonly nodes: readonly Found[] };
}

const FOUND = [
  'digest-mismatch documents/b.txt',
  'incomplete-chart mrn:0002',
  'missing-record documents/a.txt',
  'schema-invalid documents/c.txt',
  'schema-invalid results/2.hl7',
  'unreadable documents/broken.pdf',
];
/** A rule put right: results of the laboratory are corrections. */
const CORRECTED = ORU.replaceAll(/F:\n( +)code: final/g, 'F:\n$1code: corrected');
const RACERS = 100;
const PDF =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n' +
  '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n';

onOneDialect('a remedy', (dialect) => {
  let place: Place;
  let house: House;
  const name = randomBytes(6).toString('hex');
  const [source, target] = [memoryPlace(`source-${name}`), memoryPlace(`target-${name}`)];
  const plan = planBetween(`source-${name}`, `target-${name}`, DATASETS, { migration: 'remedied' });

  beforeAll(async () => {
    place = await dialect.enter();
    const { directory, url } = place;
    const connectors = ['@waybill/connector-memory'];
    const config = loadConfig({ directory, databaseUrl: url, port: 0, connectors, environment: {} });
    house = await openHouse({ config, parts: ['gateway', ...SUBGRAPHS], log: silentLog });
    source.put('people/1.csv', patients(row(0), row(1)));
    source.put('people/2.csv', patients(row(2), row(3)));
    for (const at of [1, 2, 3]) source.put(`results/${at}.hl7`, oru(`C${at}`, `000${at}`));
    for (const letter of 'abcd') source.put(`documents/${letter}.txt`, `document ${letter}`);
    source.put('documents/broken.pdf', '%PDF-1.7 and no more');
    const omit = { kind: 'omit' } as const;
    target.plant({ on: 'commit', path: 'documents/a.txt', nth: 1, effect: omit });
    target.plant({ on: 'commit', path: 'documents/b.txt', nth: 1, effect: { kind: 'corrupt', atByte: 3 } });
    const refuse = { kind: 'fail', code: 'ITEM_REFUSED' } as const;
    target.plant({ on: 'commit', path: 'documents/c.txt', nth: 1, effect: refuse });
    target.plant({ on: 'commit', path: 'results/2.hl7', nth: 1, effect: refuse });
  });
  afterAll(async () => {
    await house.close();
    await place.leave();
  });

  async function ask<T>(query: string, variables: object, actor: Actor): Promise<T> {
    const answer = await house.gateway?.execute({ query, variables: { ...variables } }, actor);
    if (answer?.errors) throw new Error(JSON.stringify(answer.errors));
    return answer?.data as T;
  }

  /** The codes a mutation is refused with, none when it was done. */
  async function call(mutation: string, input: object, actor: Actor = OLGA): Promise<readonly unknown[]> {
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`;
    const answer = await house.gateway?.execute({ query, variables: { input } }, actor);
    if (answer?.errors) return answer.errors.map(({ extensions }) => extensions?.['code']);
    const data = answer?.data as Record<string, { readonly userErrors: readonly { readonly code: string }[] }>;
    return data[mutation]?.userErrors.map(({ code }) => code) ?? [];
  }

  const look = () => ask<Seen>(LOOK, { id: migrationId }, OLGA);
  const open = async () => (await look()).exceptions.nodes.filter(({ state }) => state !== 'CLOSED');
  const about = async (path: string) => (await open()).filter(({ sourceId }) => sourceId === path);
  const told = async () => (await open()).map(({ category, sourceId }) => `${category} ${sourceId}`).toSorted();
  const reconciled = () =>
    poll(look, ({ batches: { nodes } }) => nodes.length > 0 && nodes.every(({ state }) => state === 'RECONCILED'));

  /** Proposes, has it approved by somebody else, launches, and waits until it has ended. */
  async function remedy(exceptionIds: readonly string[], reason: string, lineage?: string) {
    expect(await call('proposeRemedy', { exceptionIds, reason, lineage })).toEqual([]);
    const [newest] = (await look()).migration.remedies;
    const batchId = newest?.id ?? '';
    await poll(look, ({ batches: { nodes } }) => nodes.some(({ id }) => id === batchId));
    expect(await call('proposeLaunch', { batchId })).toEqual([]);
    expect(await call('approveLaunch', { batchId }, ANNA)).toEqual([]);
    expect(await call('launchBatch', { batchId, idempotencyKey: batchId })).toEqual([]);
    const ended = await poll(look, ({ migration: { remedies } }) =>
      remedies.some(({ id, state }) => id === batchId && state === 'ENDED'),
    );
    return ended.migration.remedies.find(({ id }) => id === batchId);
  }

  test('begins with what a migration found', async () => {
    expect(await call('declareMigration', { plan, policy: POLICY, lineages: [] })).toEqual([]);
    await call('surveyMigration', { migrationId });
    await poll(look, ({ migration, batches }) => {
      return migration.readiness.state === 'READY' && batches.nodes.length === DATASETS.length;
    });
    expect(await call('proposeLaunch', { migrationId })).toEqual([]);
    expect(await call('approveLaunch', { migrationId }, ANNA)).toEqual([]);
    await poll(
      () => call('launchBatch', { migrationId, idempotencyKey: 'all' }),
      (codes) => !codes.includes('NOT_READY'),
    );
    await reconciled();
    await poll(told, (all) => all.length === FOUND.length);
    expect(await told()).toEqual(FOUND);
  });

  test('is asked for by an operator, about open exceptions of one batch, and once at a time', async () => {
    const [a, b, result] = [
      ...(await about('documents/a.txt')),
      ...(await about('documents/b.txt')),
      ...(await about('results/2.hl7')),
    ];
    const asked = { exceptionIds: [a?.id], reason: 'the disk was full' };
    for (const role of ['approver', 'reviewer', 'auditor'] as const) {
      expect(await call('proposeRemedy', asked, person('mallory', role))).toEqual(['FORBIDDEN']);
    }
    expect(await call('proposeRemedy', { ...asked, reason: ' ' })).toEqual(['REASON_LENGTH']);
    expect(await call('proposeRemedy', { causeId: a?.causeId, reason: 'x'.repeat(2001) })).toEqual(['REASON_LENGTH']);
    expect(await call('proposeRemedy', { ...asked, causeId: a?.causeId })).toEqual(['CHOICE_REQUIRED']);
    expect(await call('proposeRemedy', { ...asked, exceptionIds: [] })).toEqual(['REMEDY_EMPTY']);
    expect(await call('proposeRemedy', { ...asked, exceptionIds: ['exc-none'] })).toEqual(['EXCEPTION_UNKNOWN']);
    expect(await call('proposeRemedy', { ...asked, exceptionIds: [a?.id, result?.id] })).toEqual(['REMEDY_OF_SEVERAL']);
    const racing = await Promise.all(Array.from({ length: RACERS }, () => call('proposeRemedy', asked)));
    expect(racing.filter((codes) => codes.length === 0)).toHaveLength(1);
    expect(new Set(racing.flat())).toEqual(new Set(['REMEDY_UNDER_WAY']));
    const both = { ...asked, exceptionIds: [a?.id, b?.id] };
    expect(await call('proposeRemedy', both)).toEqual(['REMEDY_UNDER_WAY']);
  });

  test('is approved by somebody else, and taken back until it is launched', async () => {
    const batchId = (await look()).migration.remedies[0]?.id ?? '';
    await poll(look, ({ batches: { nodes } }) => nodes.some(({ id }) => id === batchId));
    expect(await call('proposeLaunch', { batchId })).toEqual([]);
    const both = person('olga', 'operator', 'approver');
    expect(await call('approveLaunch', { batchId }, both)).toEqual(['MAKER_IS_CHECKER']);
    expect(await call('launchBatch', { batchId, idempotencyKey: 'too early' })).toEqual(['BATCH_STATE']);
    expect(await call('cancelRemedy', { remedyId: batchId }, ANNA)).toEqual(['FORBIDDEN']);
    expect(await call('cancelRemedy', { remedyId: batchId })).toEqual([]);
    expect(await call('cancelRemedy', { remedyId: batchId })).toEqual(['REMEDY_STATE']);
    await poll(look, ({ batches: { nodes } }) =>
      nodes.some(({ id, state }) => id === batchId && state === 'CANCELLED'),
    );
    expect(await told()).toEqual(FOUND);
  });

  test('closes what was not seen again, and no other', async () => {
    const ids = [...(await about('documents/a.txt')), ...(await about('documents/c.txt'))].map(({ id }) => id);
    expect(await remedy(ids, 'the disk was full')).toMatchObject({ items: 2, closed: 2, left: 0, proposedBy: 'olga' });
    expect(await told()).toEqual(FOUND.filter((each) => !/[ac]\.txt/.test(each)));
    const closed = (await look()).exceptions.nodes.filter(({ id }) => ids.includes(id));
    expect(closed.map(({ closedBy }) => closedBy)).toEqual(['RECHECK', 'RECHECK']);
    expect(target.files.has('documents/a.txt') && target.files.has('documents/c.txt')).toBe(true);
  });

  test('leaves open what still disagrees: nothing at a target is replaced, so it is cleaned first', async () => {
    const [b] = await about('documents/b.txt');
    expect(await remedy([b?.id ?? ''], 'tried again')).toMatchObject({ closed: 0, left: 1 });
    expect(await about('documents/b.txt')).toMatchObject([{ id: b?.id, category: 'digest-mismatch' }]);
    target.files.delete('documents/b.txt');
    expect(await remedy([b?.id ?? ''], 'taken away at the target')).toMatchObject({ closed: 1, left: 0 });
    expect(Buffer.from(target.files.get('documents/b.txt')?.bytes ?? []).toString()).toBe('document b');
  });

  test('takes the original anew: what was wrong at the source is put right there', async () => {
    const [broken] = await about('documents/broken.pdf');
    source.put('documents/broken.pdf', PDF);
    target.files.delete('documents/broken.pdf');
    expect(await remedy([broken?.id ?? ''], 'scanned again')).toMatchObject({ closed: 1, left: 0 });
  });

  test('moves by the map as it was corrected, and other items are held to the one before', async () => {
    const [result] = await about('results/2.hl7');
    const asked = { exceptionIds: [result?.id], reason: 'the rule was wrong' };
    expect(await call('proposeRemedy', { ...asked, lineage: CSV_PATIENTS })).toEqual(['REMEDY_DIFFERS']);
    expect(await call('proposeRemedy', { ...asked, lineage: 'no map: at all' })).not.toEqual([]);
    const { id: resultId = '' } = result ?? {};
    expect(await remedy([resultId], 'the rule was wrong', CORRECTED)).toMatchObject({ closed: 1, left: 0 });
    const seen = await poll(look, ({ batches: { nodes } }) => nodes.every(isSettled));
    const statuses = (target.records.get('DiagnosticReport') ?? []).map(({ bytes }) => statusOf(bytes));
    expect(statuses.toSorted()).toEqual(['corrected', 'final', 'final']);
    const batch = seen.batches.nodes.find(({ remedyOf, dataset }) => remedyOf === null && dataset.name === 'results');
    expect(batch?.dispositions).toMatchObject({ eligible: 3, verified: 3 });
  });

  test('counts each item once, and leaves nothing open', async () => {
    expect(await told()).toEqual([]);
    const seen = await poll(look, ({ batches: { nodes } }) => nodes.every(isSettled));
    // Nothing was found that was not there before.
    expect(seen.exceptions.nodes).toHaveLength(FOUND.length);
    const whole = seen.batches.nodes.filter(({ remedyOf }) => remedyOf === null);
    const counted = whole.map(({ dataset, dispositions: of }) => [dataset.name, of?.eligible, of?.verified]);
    expect(counted.toSorted()).toEqual([
      ['documents', 5, 5],
      ['people', 2, 2],
      ['results', 3, 3],
    ]);
  });
});

function statusOf(bytes: Uint8Array): unknown {
  return (JSON.parse(Buffer.from(bytes).toString()) as { readonly status: unknown }).status;
}

/** What transfer shows is what validation last said. */
function isSettled({ dispositions, reconciliation }: Seen['batches']['nodes'][number]): boolean {
  return JSON.stringify(dispositions) === JSON.stringify(reconciliation?.dispositions ?? null);
}

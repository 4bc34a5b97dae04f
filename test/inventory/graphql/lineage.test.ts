import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { derivedId } from '../../../kernel/id.ts';
import { readPlanFile } from '../../../subgraphs/inventory/main.ts';
import { DIALECTS, type Place } from '../../support/databases.ts';
import { at, House, person } from '../house.ts';

const MAPS = new URL('../../../records/maps/', import.meta.url);
const csvMap = readFileSync(new URL('csv-patient-to-fhir.lineage.yaml', MAPS), 'utf8');
const DECLARE = `mutation ($plan: JSON! $policy: String $lineages: [LineageDocumentInput!]! ) {
  declareMigration(input: { plan: $plan, policy: $policy, lineages: $lineages }) {
    migration { datasets { nodes { name lineage { reference digest state } } } } userErrors { code message field }
  }
}`;
const patients = {
  name: 'patients',
  tier: 'active-clinical',
  select: 'csv/**',
  format: 'delimited',
  lineage: 'shipped:csv-patient-to-fhir',
  owner: 'registration',
};
const [SQLITE] = DIALECTS;

let place: Place;
let house: House;
let folder: string;
beforeEach(async () => {
  if (SQLITE === undefined) throw new Error('there is always SQLite');
  place = await SQLITE.enter();
  house = await House.open(place);
  folder = mkdtempSync(join(tmpdir(), 'waybill-plan-'));
});
afterEach(async () => {
  await house.close();
  await place.leave();
  rmSync(folder, { recursive: true, force: true });
});

const declare = async (plan: Json, lineages: readonly Json[] = [], policy?: string): Promise<unknown> => {
  const answer = await house.ask(DECLARE, { plan, lineages, policy });
  await house.running.settled();
  return answer;
};

test('a lineage map that comes with Waybill is named in the plan, and sealed word for word', async () => {
  const answer = await declare(house.plan([patients]));
  const lineage = { reference: 'shipped:csv-patient-to-fhir', digest: sha256(csvMap), state: 'NOT_REQUIRED' };
  expect(answer).toMatchObject({ userErrors: [], migration: { datasets: { nodes: [{ lineage }] } } });
  expect((await house.strongroom.readWhole(sha256(csvMap), csvMap.length * 4)).toString()).toBe(csvMap);
  const [declared] = await house.events();
  expect(declared?.payload).toMatchObject({ datasets: [{ lineage: sha256(csvMap) }] });
});

test('a map that reads another format than the dataset holds is refused before anything moves', async () => {
  const answer = await declare(house.plan([{ ...patients, format: 'hl7v2' }]));
  expect(answer).toMatchObject({
    migration: null,
    userErrors: [
      { code: 'LINEAGE_FORMAT', field: ['datasets[0]', 'lineage'], message: expect.stringContaining('delimited') },
    ],
  });
});

test('a map is handed in as it is instead of as text, and never as both or neither', async () => {
  const reference = '/plans/own.lineage.yaml';
  const plan = house.plan([{ ...patients, lineage: reference }]);
  const map = parse(csvMap) as Json;
  const unclear = { migration: null, userErrors: [{ code: 'LINEAGE_UNCLEAR', field: ['lineages', reference] }] };
  expect(await declare(plan, [{ reference }])).toMatchObject(unclear);
  expect(await declare(plan, [{ reference, map, text: csvMap }])).toMatchObject(unclear);
  expect(await declare(plan, [{ reference, map: { ...(map as object), name: 7 } }])).toMatchObject({
    userErrors: expect.arrayContaining([expect.objectContaining({ field: ['datasets[0]', 'lineage'] })]),
  });
  const digest = sha256(JSON.stringify(map, null, 2));
  expect(await declare(plan, [{ reference, map }])).toMatchObject({
    userErrors: [],
    migration: { datasets: { nodes: [{ lineage: { reference, digest } }] } },
  });
});

test('a map of one’s own is handed in by its path; without its text, or with nonsense, it is refused', async () => {
  const reference = '/plans/own.lineage.yaml';
  const plan = house.plan([{ ...patients, lineage: reference }]);
  expect(await declare(plan)).toMatchObject({ userErrors: [{ code: 'LINEAGE_MISSING' }] });
  expect(await declare(plan, [{ reference, text: 'nonsense: 1' }])).toMatchObject({
    userErrors: expect.arrayContaining([expect.objectContaining({ field: ['datasets[0]', 'lineage'] })]),
  });
  expect(await declare(plan, [{ reference, text: csvMap }])).toMatchObject({
    userErrors: [],
    migration: { datasets: { nodes: [{ lineage: { reference, digest: sha256(csvMap) } }] } },
  });
});

test('a changed map makes another declaration of the same plan, and its approval begins again', async () => {
  const reference = '/plans/own.lineage.yaml';
  const plan = house.plan([{ ...patients, lineage: reference }]);
  const policy = 'approval: { lineage: required }';
  await declare(plan, [{ reference, text: csvMap }], policy);
  const datasetId = derivedId('ds', derivedId('mig', 'st-anne'), 'patients');
  await house.ask(`mutation { proposeLineage(input: { datasetId: "${datasetId}" }) { userErrors { code } } }`);
  const state = 'migration.datasets.nodes.0.lineage.state';
  expect(at(await declare(plan, [{ reference, text: `${csvMap}# looked over\n` }], policy), state)).toBe('DRAFT');
  expect(at(await declare(plan, [{ reference, text: csvMap }], policy), state)).toBe('PROPOSED');
});

test('every version stays with who approved it; a change voids the approval and is told in words', async () => {
  const reference = '/plans/own.lineage.yaml';
  const plan = house.plan([{ ...patients, lineage: reference }]);
  const policy = 'approval: { lineage: required }';
  await declare(plan, [{ reference, text: csvMap }], policy);
  const datasetId = derivedId('ds', derivedId('mig', 'st-anne'), 'patients');
  await house.ask(`mutation { proposeLineage(input: { datasetId: "${datasetId}" }) { userErrors { code } } }`);
  const approve = `mutation { approveLineage(input: { datasetId: "${datasetId}", lineage: "${sha256(csvMap)}" }) {
    userErrors { code } } }`;
  expect(await house.ask(approve, {}, person('her', 'approver'))).toMatchObject({ userErrors: [] });
  const changed = csvMap.replace(/^version: .*$/m, 'version: 9.9.9');
  await declare(plan, [{ reference, text: changed }], policy);
  const versions = (of: string) => `{ dataset(id: "${datasetId}") { lineageVersions {
    digest current version state proposedBy approvedBy approvedAt text
    changes(from: "${of}") { change what before after line } } } }`;
  expect(await house.ask(versions(sha256(csvMap)))).toMatchObject({
    lineageVersions: [
      {
        digest: sha256(changed),
        current: true,
        version: '9.9.9',
        state: 'DRAFT',
        approvedBy: null,
        text: changed,
        changes: [{ change: 'CHANGED', what: 'version', after: '9.9.9', line: expect.any(Number) }],
      },
      { digest: sha256(csvMap), current: false, state: 'APPROVED', approvedBy: 'her', changes: [] },
    ],
  });
  await expect(house.ask(versions('0'.repeat(64)))).rejects.toThrow('never declared');
});

test('a plan on disk brings everything it names with it', async () => {
  const plan = house.plan([{ ...patients, lineage: './own.lineage.yaml' }], { policy: './policy.yaml' });
  writeFileSync(join(folder, 'plan.yaml'), stringify(plan));
  expect(await readPlanFile(join(folder, 'plan.yaml'))).toMatchObject({
    ok: false,
    refusals: [
      { code: 'FILE_NOT_READABLE', message: expect.stringMatching(/^policy: .*ENOENT/) },
      { code: 'FILE_NOT_READABLE', message: expect.stringMatching(/^datasets\[0\]\.lineage: .*ENOENT/) },
    ],
  });
  writeFileSync(join(folder, 'own.lineage.yaml'), csvMap);
  writeFileSync(join(folder, 'policy.yaml'), 'name: own');
  const read = await readPlanFile(join(folder, 'plan.yaml'));
  if (!read.ok) throw new Error(JSON.stringify(read.refusals));
  const { plan: complete, policy, lineages } = read.value;
  expect(lineages).toEqual([{ reference: join(folder, 'own.lineage.yaml'), text: csvMap }]);
  expect(await declare(complete as unknown as Json, lineages, policy)).toMatchObject({ userErrors: [] });
  expect(await readPlanFile(join(folder, 'no-plan.yaml'))).toMatchObject({ refusals: [{ code: 'FILE_NOT_READABLE' }] });
});

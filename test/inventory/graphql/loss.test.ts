/** What a map loses of a dataset, asked for, sealed and shown; and what became of one item. */
import { describe, expect, test } from '@jest/globals';
import { DIALECTS } from '../../support/databases.ts';
import { at, House, person } from '../house.ts';

const MAP = `
name: own
version: 1.0.0
format: delimited
critical: []
records:
  - type: Patient
    key: 'mrn:{MRN}'
    rules:
      - { do: trim, to: 'name[0].family', from: LAST }
exclusions:
  - { from: NOTE, reason: notes stay in the archive }
`;
const REFERENCE = '/plans/own.lineage.yaml';
const CSV = 'MRN,LAST,PHONE,NOTE\n007,Doe,ext.555-0199,x\n008,Roe,,y\n';

const DECLARE = `mutation ($plan: JSON! $lineages: [LineageDocumentInput!]!) {
  declareMigration(input: { plan: $plan, lineages: $lineages }) {
    migration { id datasets { nodes { id } } } userErrors { code message } } }`;
const SURVEY = `mutation ($id: ID!) { surveyMigration(input: { migrationId: $id }) { userErrors { code } } }`;
const REPORT = `mutation ($id: ID!) { reportLoss(input: { datasetId: $id }) { userErrors { code } } }`;
const LOSS = `query ($id: ID!) { dataset(id: $id) { lossReport {
  state current digest items records blocking lostPaths
  lost { path populated lost items } excluded { path populated reason } problem { code } } } }`;
const ITEMS = `query ($id: ID!) { items(datasetId: $id) { nodes { id } } }`;
const EXPLAIN = `query ($id: ID! $key: String) { lineageExplanation(itemId: $id, key: $key) {
  map { name } cut leftBehind { path count reason }
  records { type key identity { path } problems { code } fields {
    target transform rule digest sources { path position digest } } } } }`;

interface Opened {
  readonly house: House;
  readonly migrationId: string;
  readonly datasetId: string;
}

/** A house in which a dataset of one extract is declared, closed whatever happens. */
async function within(dialect: (typeof DIALECTS)[number] | undefined, work: (opened: Opened) => Promise<void>) {
  if (dialect === undefined) throw new Error('there is always SQLite');
  const place = await dialect.enter();
  const house = await House.open(place);
  try {
    house.source.put('csv/patients.csv', Buffer.from(CSV));
    const dataset = { name: 'patients', tier: 'active-clinical', select: 'csv/**', format: 'delimited', owner: 'him' };
    const plan = house.plan([{ ...dataset, lineage: REFERENCE }]);
    const declared = await house.ask(DECLARE, { plan, lineages: [{ reference: REFERENCE, text: MAP }] });
    await house.running.settled();
    const datasetId = at(declared, 'migration.datasets.nodes.0.id');
    await work({ house, datasetId, migrationId: at(declared, 'migration.id') });
  } finally {
    await house.close();
    await place.leave();
  }
}

async function survey({ house, migrationId }: Opened): Promise<void> {
  await house.ask(SURVEY, { id: migrationId });
  await house.running.settled();
}

async function report({ house, datasetId }: Opened): Promise<unknown> {
  expect(await house.ask(REPORT, { id: datasetId })).toEqual({ userErrors: [] });
  await house.running.settled();
  return house.ask(LOSS, { id: datasetId });
}

const [SQLITE] = DIALECTS;

describe.each(DIALECTS)('on $name', (dialect) => {
  test('a loss report names what is populated and goes nowhere, is sealed, and becomes a finding', () =>
    within(dialect, async (opened) => {
      const { house, datasetId } = opened;
      await survey(opened);
      expect(await house.ask(LOSS, { id: datasetId })).toEqual({ lossReport: null });
      const answer = at<Record<string, unknown>>(await report(opened), 'lossReport');
      expect(answer).toMatchObject({
        ...{ state: 'COMPLETE', current: true, items: 1, records: 2, blocking: 1, lostPaths: 1, problem: null },
        lost: [{ path: 'PHONE', populated: 1, lost: 1 }],
        excluded: [{ path: 'NOTE', populated: 2, reason: 'notes stay in the archive' }],
      });
      const sealed = (await house.strongroom.readWhole(String(answer['digest']), 1 << 20)).toString();
      expect(JSON.parse(sealed)).toMatchObject({ lost: [{ path: 'PHONE' }] });
      expect(sealed).not.toMatch(/Doe|555-0199/);
      const entries = (await house.audit()).filter(({ action }) => action === 'loss-reported');
      expect(entries).toMatchObject([{ digests: { report: answer['digest'] } }]);
    }));
});

describe('a loss report', () => {
  test('of a survey of the past says so, until it is asked for again', () =>
    within(SQLITE, async (opened) => {
      await survey(opened);
      await report(opened);
      opened.house.source.put('csv/more.csv', Buffer.from('MRN,LAST,PHONE,NOTE\n009,Poe,,\n'));
      await survey(opened);
      expect(await opened.house.ask(LOSS, { id: opened.datasetId })).toMatchObject({ lossReport: { current: false } });
      expect(await report(opened)).toMatchObject({ lossReport: { current: true, items: 2 } });
    }));

  test('is refused before a survey, for no dataset, and to whoever is no operator', () =>
    within(SQLITE, async ({ house, datasetId }) => {
      expect(await house.ask(REPORT, { id: datasetId })).toEqual({ userErrors: [{ code: 'SURVEY_MISSING' }] });
      expect(await house.ask(REPORT, { id: 'ds-none' })).toEqual({ userErrors: [{ code: 'DATASET_UNKNOWN' }] });
      for (const actor of [person('rita', 'reviewer'), person('anna', 'approver'), null]) {
        expect(await house.refused(REPORT, { id: datasetId }, actor)).toMatch(/FORBIDDEN|UNAUTHENTICATED/);
      }
    }));

  test('fails with a code, and without the name of an item, where the source fails', () =>
    within(SQLITE, async (opened) => {
      await survey(opened);
      opened.house.source.files.delete('csv/patients.csv');
      expect(await report(opened)).toMatchObject({
        lossReport: { state: 'FAILED', current: false, problem: { code: expect.any(String) } },
      });
    }));
});

describe('an explanation', () => {
  test('names rule, source and digests of every field; an auditor sees no keys, a stranger nothing', () =>
    within(SQLITE, async (opened) => {
      const { house, datasetId } = opened;
      await survey(opened);
      const id = at(await house.ask(ITEMS, { id: datasetId }), 'nodes.0.id');
      const explained = await house.ask(EXPLAIN, { id });
      const field = {
        target: 'name[0].family',
        transform: 'trim',
        rule: 'records.0.rules.0',
        sources: [{ path: 'LAST' }],
      };
      expect(explained).toMatchObject({
        map: { name: 'own' },
        cut: false,
        records: [
          { type: 'Patient', key: 'mrn:007', identity: [{ path: 'MRN' }], problems: [], fields: [field] },
          { key: 'mrn:008' },
        ],
        leftBehind: [
          { path: 'NOTE', count: 2, reason: 'notes stay in the archive' },
          { path: 'PHONE', count: 1, reason: null },
        ],
      });
      expect(at(explained, 'records.0.fields.0.digest')).toBe(at(explained, 'records.0.fields.0.sources.0.digest'));
      expect(JSON.stringify(explained)).not.toMatch(/Doe|Roe|555-0199/);
      expect(at<unknown[]>(await house.ask(EXPLAIN, { id, key: 'mrn:008' }), 'records')).toHaveLength(1);
      expect(at(await house.ask(EXPLAIN, { id }, person('ada', 'auditor')), 'records.0.key')).toBeNull();
      expect(await house.refused(EXPLAIN, { id }, person('eve', 'executive'))).toBe('FORBIDDEN');
      expect(await house.ask(EXPLAIN, { id: 'itm-none' })).toBeNull();
    }));
});

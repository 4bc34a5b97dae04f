/** The coverage matrix of a practice, sealed and signed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { graphql } from 'graphql';
import type { Actor } from '../../kernel/actor.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { METHOD_IDS } from '../../subgraphs/validation/domain/methods.ts';
import { RISK_CATEGORIES, type RiskLine } from '../../subgraphs/validation/domain/risk.ts';
import { schemaOf } from '../../subgraphs/validation/main.ts';
import { findMigration } from '../../subgraphs/validation/store/copies.ts';
import { coverageOf } from '../../subgraphs/validation/work/coverage.ts';
import { signOff } from '../../subgraphs/validation/work/sign-off.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { practice } from './practice.ts';
import { Rig } from './rig.ts';

const NORA: Actor = { type: 'user', id: 'nora', roles: ['reviewer'] };
const LEFT_OUT = { risk: 'faded ink', reason: 'nobody reads it', reference: 'R-9' };
const POLICY = {
  sampling: { leftOut: [LEFT_OUT] },
  acceptance: { roles: { nursing: { signOff: 'required', signers: ['nora'] } } },
};

onEveryDialect('the coverage matrix', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeAll(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place, { policy: POLICY });
    await rig.carryAll(...practice());
    await rig.work();
  });
  afterAll(() => place.leave());

  const migration = async () => {
    const row = await rig.house.store.read((em) => findMigration(em, rig.migrationId));
    if (row === null) throw new Error('no migration');
    return row;
  };
  const standings = async (): Promise<readonly string[]> => {
    const row = await migration();
    const rows = await rig.house.store.read((em) => coverageOf(rig.house, em, row));
    return rows.map(({ dataset, standing, open }) => `${dataset} ${standing} ${open.join('; ')}`.trim());
  };
  const text = async (digest: unknown) => (await rig.house.strongroom.readWhole(String(digest), 1e6)).toString();

  test('is sealed with the report, as data and as a page, and names no patient', async () => {
    const [event] = (await rig.events('validation.migration-reconciled.v1')) as { [name: string]: Json }[];
    const matrix = JSON.parse(await text(event?.['coverage'])) as {
      report: string;
      datasets: { dataset: string }[];
      risks: RiskLine[];
    };
    expect(matrix.report).toBe(event?.['report']);
    expect(matrix.datasets.map(({ dataset }) => dataset)).toEqual(practice().map(({ name }) => name));
    expect(matrix.risks.map(({ risk, cover }) => `${risk} ${cover}`)).toEqual([
      ...['active-clinical covered', 'financially-sensitive absent', 'historical-searchable covered'],
      ...['compliance-archive absent', 'high-risk-cohorts covered', 'interface-feeds covered', 'faded ink absent'],
    ]);
    const page = await text(event?.['coveragePage']);
    expect(page).toContain('the policy leaves it out, and neither the plan nor a tier names it');
    expect(page).toMatch(/^<!doctype html>/);
    for (const name of ['Doe', 'Jane', 'Zielinski', '1970'])
      expect(`${JSON.stringify(matrix)}${page}`).not.toContain(name);
  });

  test('has every dataset wait for the role that is asked, and high once it has signed', async () => {
    const names = practice().map(({ name }) => name);
    expect(await standings()).toEqual(names.map((name) => `${name} limited sign-off awaited: nursing`));
    const { report = '' } = await migration();
    const words = { role: 'nursing', decision: 'accepted', meaning: 'a shift was worked with it' } as const;
    const refused = await signOff(rig.house, rig.migrationId, { ...words, report: 'f'.repeat(64) }, NORA);
    expect(refused.ok).toBe(false);
    const signed = await signOff(rig.house, rig.migrationId, { ...words, report: report ?? '' }, NORA);
    expect(signed).toMatchObject({ ok: true, value: { signedBy: 'nora' } });
    expect(await standings()).toEqual(names.map((name) => `${name} high`));
    const [event] = (await rig.events('validation.acceptance-signed.v1')) as { [name: string]: Json }[];
    expect(event).toMatchObject({ role: 'nursing', decision: 'accepted', report, signedBy: 'nora' });
    expect(await text(event?.['coverage'])).toContain('"state":"accepted"');
    const acts = (await rig.audit()).filter(({ action }) => action === 'migration-signed-off');
    expect(acts.map(({ outcome, actor }) => [outcome, actor])).toEqual([
      ['refused', 'nora'],
      ['succeeded', 'nora'],
    ]);
  });

  test('is shown over the graph, with the methods behind it, and signed there', async () => {
    let counted = 0;
    const now = () => {
      counted += 1;
      return rig.house.clock.now();
    };
    const { schema } = await schemaOf({ ...rig.house, clock: { ...rig.house.clock, now } }, rig.watch);
    const ask = async (source: string, variableValues: { [name: string]: unknown } = {}) =>
      JSON.parse(JSON.stringify(await graphql({ schema, source, variableValues, contextValue: { actor: NORA } })));
    const { data } = await ask('{ validationMethods { id verifies cannotSee } }');
    expect(data.validationMethods.map(({ id }: { id: string }) => id)).toEqual([...METHOD_IDS]);
    const of = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Migration { reconciliation { report }
      coverage { name population sampleSize defectRate interval { upper } methods standing }
      riskCoverage { risk cover datasets decided { approvedBy } } } } }`;
    const look = () => ask(of, { r: [{ __typename: 'Migration', id: rig.migrationId }] });
    counted = 0;
    const [seen] = (await look()).data._entities;
    // What is open is counted once a dataset, however many fields tell of it.
    expect(counted).toBe(practice().length);
    expect(seen.coverage[0]).toMatchObject({
      ...{ name: 'demographics', population: 4, sampleSize: 4, defectRate: 0, interval: { upper: 0 } },
      ...{ methods: ['row-count', 'field-level', 'workflow-validation'], standing: 'HIGH' },
    });
    expect(seen.riskCoverage[0]).toMatchObject({ risk: 'active-clinical', cover: 'COVERED', decided: null });
    expect(seen.riskCoverage).toHaveLength(RISK_CATEGORIES.length + 1);
    const sign = `mutation($input: SignOffMigrationInput!) { signOffMigration(input: $input) {
      signOff { role state signedBy } userErrors { code } } }`;
    const { report } = seen.reconciliation;
    const input = { migrationId: rig.migrationId, role: 'NURSING', decision: 'ACCEPTED', meaning: 'a shift', report };
    expect((await ask(sign, { input: { ...input, meaning: ' ' } })).data.signOffMigration).toEqual({
      ...{ signOff: null, userErrors: [{ code: 'MEANING_MISSING' }] },
    });
    expect((await ask(sign, { input })).data.signOffMigration).toEqual({
      signOff: { role: 'NURSING', state: 'ACCEPTED', signedBy: 'nora' },
      userErrors: [],
    });
    const again = { ...input, decision: 'REJECTED', meaning: 'a drug was not to be found' };
    await ask(sign, { input: again });
    expect((await look()).data._entities[0].coverage[0].standing).toBe('LIMITED');
  });
});

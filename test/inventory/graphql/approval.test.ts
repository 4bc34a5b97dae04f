import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, person } from '../house.ts';
import { DECLARE, SURVEY, documents, id, stepsIn } from '../questions.ts';

onEveryDialect('a migration', ({ enter }) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });
  const { look, lines, declare, survey } = stepsIn(() => house);

  test('moves by a lineage map only when another person than its proposer approved that very map', async () => {
    await declare(house.plan([documents]), 'approval: { lineage: required }');
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const propose = `mutation ($datasetId: ID! ) { proposeLineage(input: { datasetId: $datasetId }) {
      userErrors { code } dataset { lineage { state proposedBy } }
    } }`;
    const approve = `mutation ($datasetId: ID! $lineage: Sha256 ) {
      approveLineage(input: { datasetId: $datasetId, lineage: $lineage }) {
        userErrors { code } dataset { lineage { state approvedBy } }
      }
    }`;
    const both = person('both', 'operator', 'approver');
    expect(at(await house.ask(approve, { datasetId }, ANNA), 'userErrors')).toEqual([{ code: 'NOT_PROPOSED' }]);
    await house.ask(propose, { datasetId }, both);
    expect(at(await house.ask(approve, { datasetId }, both), 'userErrors')).toEqual([{ code: 'MAKER_IS_CHECKER' }]);
    const other = { datasetId, lineage: 'a'.repeat(64) };
    expect(at(await house.ask(approve, other, ANNA), 'userErrors')).toEqual([{ code: 'LINEAGE_CHANGED' }]);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'LINEAGE_NOT_APPROVED' }));
    expect(at(await house.ask(approve, { datasetId }, ANNA), 'dataset')).toEqual({
      lineage: { state: 'APPROVED', approvedBy: 'anna' },
    });
    await house.running.settled();
    expect(at(await look(), 'readiness')).toMatchObject({ ready: true, state: 'READY' });
    const outcomes = (await house.audit()).filter(({ action }) => action.startsWith('lineage-'));
    expect(outcomes.map(({ action, actor, outcome, reason }) => [action, actor, outcome, reason])).toEqual([
      ['lineage-approved', 'anna', 'refused', 'NOT_PROPOSED'],
      ['lineage-proposed', 'both', 'succeeded', undefined],
      ['lineage-approved', 'both', 'refused', 'MAKER_IS_CHECKER'],
      ['lineage-approved', 'anna', 'refused', 'LINEAGE_CHANGED'],
      ['lineage-approved', 'anna', 'succeeded', undefined],
    ]);
  });

  test('keeps an exclusion back until it is approved, and takes a new survey to follow it', async () => {
    house.source.put('documents/a', 'a');
    house.source.put('documents/b', 'b');
    await declare(house.plan([{ ...documents, exclusions: [] }]), 'approval: { exclusion: required }');
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const record = `mutation ($input: RecordExclusionInput! ) { recordExclusion(input: $input) {
      userErrors { code field } exclusion { id approvedBy }
    } }`;
    const approve = `mutation ($id: ID! ) { approveExclusion(input: { exclusionId: $id }) {
      userErrors { code } exclusion { approvedBy }
    } }`;
    const bad = { input: { datasetId, glob: '/x', reason: 'why' } };
    expect(await house.ask(record, bad)).toMatchObject({
      userErrors: [{ code: 'GLOB_INVALID', field: ['glob'] }],
    });
    const wish = { input: { datasetId, glob: 'documents/b', reason: 'legal hold' } };
    const recorded = await house.ask(record, wish);
    expect(await house.ask(record, wish)).toEqual(recorded);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'EXCLUSION_NOT_APPROVED' }));
    await house.ask(approve, { id: at(recorded, 'exclusion.id') }, ANNA);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'SURVEY_MISSING' }));
    await survey();
    expect(await look()).toMatchObject({
      readiness: { ready: true },
      datasets: { nodes: [{ items: 2, excludedItems: 1 }] },
    });
  });

  test('is changed by operators only, and what others try is on record', async () => {
    const plan = house.plan([documents]);
    expect(await house.refused(DECLARE, { plan }, ANNA)).toBe('FORBIDDEN');
    expect(await house.refused(SURVEY, { id }, null)).toBe('UNAUTHENTICATED');
    expect(at(await house.ask(SURVEY, { id }), 'userErrors')).toMatchObject([{ code: 'MIGRATION_UNKNOWN' }]);
    expect((await house.audit()).map(({ actor, outcome, reason }) => [actor, outcome, reason])).toEqual([
      ['anna', 'refused', 'FORBIDDEN'],
      ['olga', 'refused', 'MIGRATION_UNKNOWN'],
    ]);
  });
});

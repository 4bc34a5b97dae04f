import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Actor } from '../../../kernel/actor.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, OLGA, person, problemsWith } from '../house.ts';
import { documents, id, rest, stepsIn } from '../questions.ts';

const SHOWN = `bandwidth { inForce policy proposed { document }
  changes { document bandwidth reason state proposedBy approvedBy inForceSince } }`;
const LOOK = `query ($id: ID!) { migration(id: $id) { ${SHOWN} } }`;
const PROPOSE = `mutation ($bandwidth: String, $reason: String!) {
  proposeBandwidth(input: { migrationId: "${id}", bandwidth: $bandwidth, reason: $reason }) {
    migration { ${SHOWN} } userErrors { code field } } }`;
const APPROVE = `mutation ($document: Sha256!) {
  approveBandwidth(input: { migrationId: "${id}", document: $document }) {
    migration { ${SHOWN} } userErrors { code } } }`;
const TWO = 'approval: { bandwidth: required }\ntransfer: { bandwidth: { route: { bytesPerSecondMax: 1000000 } } }';
const SLOW = 'route: { bytesPerSecondMax: 100000 }\nzone: America/Chicago';
const BOTH = person('both', 'operator', 'approver');

onEveryDialect('the bandwidth of a migration', ({ enter }) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
    house.source.put('documents/a', 'a');
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });
  const { declare, survey } = stepsIn(() => house);
  const propose = (bandwidth: string | null, actor: Actor = OLGA, reason = 'the ward is slow') =>
    house.ask(PROPOSE, { bandwidth, reason }, actor);
  const codes = (answer: unknown) => at<readonly { code: string }[]>(answer, 'userErrors').map(({ code }) => code);
  const approve = (document: unknown, actor: Actor = ANNA) => house.ask(APPROVE, { document }, actor);
  const told = async () => {
    const events = (await house.events()).filter(({ type }) => type === 'inventory.bandwidth-changed.v1');
    expect(events.map(problemsWith)).toEqual(events.map(() => null));
    return events.map(({ payload }) => payload);
  };

  test('is changed by two people under the digest that both saw, and all of it is recorded', async () => {
    await declare(house.plan([documents]), TWO);
    const proposal = await propose(SLOW, BOTH);
    const document = at(proposal, 'migration.bandwidth.proposed.document');
    expect(at(proposal, 'migration.bandwidth.inForce')).toMatchObject({ route: { bytesPerSecondMax: 1_000_000 } });
    expect(await told()).toEqual([]);
    expect(codes(await approve(document, BOTH))).toEqual(['MAKER_IS_CHECKER']);
    expect(codes(await approve('a'.repeat(64)))).toEqual(['BANDWIDTH_CHANGED']);
    expect(await house.refused(APPROVE, { document }, OLGA)).toBe('FORBIDDEN');
    const approved = await approve(document);
    expect(at(approved, 'migration.bandwidth')).toMatchObject({
      inForce: { zone: 'America/Chicago', route: { bytesPerSecondMax: 100_000 }, house: { bytesPerSecondMax: null } },
      policy: { zone: 'UTC', route: { bytesPerSecondMax: 1_000_000 } },
      proposed: null,
      changes: [{ document, state: 'APPROVED', proposedBy: 'both', approvedBy: 'anna', reason: 'the ward is slow' }],
    });
    expect(codes(await approve(document))).toEqual([]);
    const now = at(approved, 'migration.bandwidth.inForce');
    const facts = { migrationId: id, document, proposedBy: 'both', approvedBy: 'anna' };
    expect(await told()).toEqual([expect.objectContaining({ ...facts, bandwidth: now })]);
    const sealed = JSON.parse((await house.strongroom.readWhole(document, 10_000)).toString());
    expect(sealed).toEqual({ migrationId: id, number: 1, bandwidth: now, reason: 'the ward is slow' });
    const acts = (await house.audit()).filter(({ action }) => action.startsWith('bandwidth-'));
    expect(
      acts.map(({ action, actor, outcome, reason, digests }) => [action, actor, outcome, reason, digests]),
    ).toEqual([
      ['bandwidth-proposed', 'both', 'succeeded', 'the ward is slow', { document }],
      ['bandwidth-approved', 'both', 'refused', 'MAKER_IS_CHECKER', undefined],
      ['bandwidth-approved', 'anna', 'refused', 'BANDWIDTH_CHANGED', undefined],
      ['bandwidth-approved', 'olga', 'refused', 'FORBIDDEN', undefined],
      ['bandwidth-approved', 'anna', 'succeeded', undefined, { document }],
      ['bandwidth-approved', 'anna', 'succeeded', undefined, { document }],
    ]);
  });

  test('is another at once where the policy asks nobody, and that of the policy again when lifted', async () => {
    await declare(house.plan([documents]), TWO.replace('required', 'not-required'));
    const first = at(await propose(SLOW), 'migration.bandwidth');
    expect(first).toMatchObject({ inForce: { route: { bytesPerSecondMax: 100_000 } }, proposed: null });
    expect(codes(await approve(at(first, 'changes.0.document')))).toEqual(['APPROVAL_NOT_REQUIRED']);
    const lifted = at(await propose(null, OLGA, 'it is night'), 'migration.bandwidth');
    expect(lifted).toMatchObject({ inForce: { route: { bytesPerSecondMax: 1_000_000 } } });
    // The same caps at another time are another document.
    const again = at(await propose(SLOW), 'migration.bandwidth');
    expect(at(again, 'changes.0.document')).not.toBe(at(first, 'changes.0.document'));
    expect((await told()).map((each) => at(each, 'bandwidth'))).toEqual([
      at(first, 'inForce'),
      null,
      at(first, 'inForce'),
    ]);
  });

  test('outlives another declaration, and a newer proposal takes the place of one that waits', async () => {
    await declare(house.plan([documents]), TWO);
    const first = at(await propose(SLOW), 'migration.bandwidth.proposed.document');
    const second = at(await propose('route: { bytesPerSecondMax: 70000 }'), 'migration.bandwidth.proposed.document');
    expect(codes(await approve(first))).toEqual(['BANDWIDTH_CHANGED']);
    expect(codes(await approve(second))).toEqual([]);
    await declare(house.plan([documents]), `${TWO}\nversion: 2`);
    const inForce = { route: { bytesPerSecondMax: 70_000 } };
    expect(at(await house.ask(LOOK, { id }), 'bandwidth')).toMatchObject({ inForce });
  });

  test.each([
    ['route: { bytesPerSecondMax: 10 }', 'POLICY_VALUE_NOT_ALLOWED'],
    ['rout: {}', 'POLICY_FIELD_UNKNOWN'],
    ['zone: Mars/Olympus', 'ZONE_UNKNOWN'],
    ['route: {', 'POLICY_NOT_YAML'],
  ])('is not changed to %s', async (bandwidth, code) => {
    await declare(house.plan([documents]));
    expect(codes(await propose(bandwidth))).toEqual([code]);
    expect(codes(await propose(SLOW, OLGA, ' '))).toEqual(['REASON_INVALID']);
    expect(codes(await approve('a'.repeat(64)))).toEqual(['NOT_PROPOSED']);
    expect(await told()).toEqual([]);
  });

  test('is shared by surveys and profiles, which read for the same migration', async () => {
    house.source.put('lab.hl7', 'MSH|^~\\&|A|B|C|D|20260301||ACK|1|P|2.5\r');
    await declare(house.plan([rest]), TWO);
    await survey();
    await house.ask(`mutation { profileMigration(input: { migrationId: "${id}" }) { userErrors { code } } }`);
    await house.running.settled();
    const rules = at(await house.ask(LOOK, { id }), 'bandwidth.policy');
    // The listing, the look into items, and the profile.
    expect(house.opened).toEqual([1, 2, 3].map(() => ({ route: id, rules })));
  });
});

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Actor } from '../../../kernel/actor.ts';
import { fixedClock } from '../../../kernel/clock.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, person as somebody, problemsWith } from '../house.ts';
import {
  APPROVE_LINEAGE,
  APPROVE_POLICY,
  APPROVE_RELEASE,
  charted,
  CONFIRM,
  DEMANDING,
  EXCLUDE,
  fullPlan,
  PLACE_HOLD,
  PROGRAMME,
  PROPOSE_LINEAGE,
  PROPOSE_POLICY,
  PROPOSE_RELEASE,
  WITHDRAW,
} from '../programme-plan.ts';
import { id, type Line, stepsIn } from '../questions.ts';

const RITA = somebody('rita', 'reviewer');
const HOUR_MS = 3_600_000;

onEveryDialect('a programme', ({ enter }) => {
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
  const { declare, survey } = stepsIn(() => house);
  const look = async () => {
    await house.running.settled();
    return house.ask(PROGRAMME, { id });
  };
  const shut = async () =>
    at<readonly Line[]>(await look(), 'readiness.lines').flatMap(({ ok, code }) => (ok ? [] : [code]));
  const codes = async (query: string, variables: object, actor?: Actor) => {
    const answer = await house.ask(query, { ...variables }, actor);
    await house.running.settled();
    return at<readonly { readonly code: string }[]>(answer, 'userErrors').map(({ code }) => code);
  };
  const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();

  test('opens the gate fact by fact, each by somebody who may say so', async () => {
    house.source.put('documents/a', 'a');
    await declare(fullPlan(house), DEMANDING);
    await survey();
    expect(await shut()).toEqual([
      'POLICY_NOT_PROPOSED',
      'LINEAGE_NOT_PROPOSED',
      'BACKUP_MISSING',
      'BACKUP_MISSING',
      'ACCESS_REVIEW_MISSING',
    ]);
    const before = await look();
    expect(before).toMatchObject({
      stakeholders: [{ name: 'Rita' }],
      window: { opensAt: '2030-11-29T04:00:00.000Z', zone: 'America/Chicago' },
      datasets: { nodes: [{ charter: { retention: { years: 10 }, consumers: [{ atCutover: 'repoint' }] } }] },
    });
    expect(at(before, 'systems')).toEqual([
      { name: 'Warehouse', role: 'REPORTING', vendor: null, zone: null, owner: null, endpoints: [] },
      { name: 'Old EHR', role: 'SOURCE', vendor: 'Acme', zone: null, owner: 'him', endpoints: [{ label: 'source' }] },
      { name: 'New EHR', role: 'TARGET', vendor: null, zone: 'cloud', owner: null, endpoints: [{ label: 'target' }] },
    ]);
    const policy = at(before, 'policy');
    const datasetId = at(before, 'datasets.nodes.0.id');
    const both = somebody('both', 'operator', 'approver');
    expect(await codes(APPROVE_POLICY, { id, policy }, ANNA)).toEqual(['NOT_PROPOSED']);
    expect(await codes(PROPOSE_POLICY, { id }, both)).toEqual([]);
    expect(await codes(APPROVE_POLICY, { id, policy }, both)).toEqual(['MAKER_IS_CHECKER']);
    expect(await codes(APPROVE_POLICY, { id, policy: 'a'.repeat(64) }, ANNA)).toEqual(['POLICY_CHANGED']);
    expect(await codes(APPROVE_POLICY, { id, policy }, ANNA)).toEqual([]);
    await codes(PROPOSE_LINEAGE, { datasetId });
    await codes(APPROVE_LINEAGE, { datasetId }, ANNA);
    const say = (kind: string, subject: string, happenedAt: string) => ({
      input: { migrationId: id, kind, subject, happenedAt },
    });
    expect(await codes(CONFIRM, say('ACCESS_REVIEW', 'movers', ago(1)))).toEqual(['ROLE_REQUIRED']);
    expect(await house.ask(CONFIRM, say('BACKUP', 'Old HER', ago(1)))).toMatchObject({
      userErrors: [{ code: 'SUBJECT_UNKNOWN', remedy: 'write Old EHR, if that is what was meant' }],
    });
    expect(await codes(CONFIRM, say('BACKUP', 'Old EHR', ago(-1)))).toEqual(['TIME_INVALID']);
    expect(await shut()).toEqual(['BACKUP_MISSING', 'BACKUP_MISSING', 'ACCESS_REVIEW_MISSING']);
    for (const system of ['Old EHR', 'New EHR']) await house.ask(CONFIRM, say('BACKUP', system, ago(1)));
    const review = say('ACCESS_REVIEW', 'movers', ago(2));
    const confirmed = await house.ask(CONFIRM, review, RITA);
    expect(await house.ask(CONFIRM, review, RITA)).toEqual(confirmed);
    expect(await shut()).toEqual([]);
    expect(await codes(WITHDRAW, { id: at(confirmed, 'confirmation.id') })).toEqual(['ROLE_REQUIRED']);
    expect(await codes(WITHDRAW, { id: at(confirmed, 'confirmation.id') }, RITA)).toEqual([]);
    expect(await shut()).toEqual(['ACCESS_REVIEW_MISSING']);
    const told = (await house.events()).filter(({ type }) => type === 'inventory.fact-confirmed.v1');
    expect(told.map(({ actor }) => actor)).toEqual(['olga', 'olga', 'rita', 'rita']);
    expect(told.map(problemsWith)).toEqual([null, null, null, null]);
    const approvals = (await house.events()).filter(({ type }) => type === 'inventory.policy-approved.v1');
    expect(approvals.map(({ actor, payload }) => [actor, payload])).toEqual([
      ['anna', expect.objectContaining({ policy, proposedBy: 'both', approvedBy: 'anna' })],
    ]);
    expect(approvals.map(problemsWith)).toEqual([null]);
    await declare(fullPlan(house), `${DEMANDING}\nversion: 2`);
    expect(await shut()).toEqual(['POLICY_NOT_PROPOSED', 'SURVEY_MISSING', 'ACCESS_REVIEW_MISSING']);
  });

  test.each([
    'riskModel: { title: Archive, reference: RM-7, rationale: rarely read }',
    'leftOut: [{ risk: faded ink, reason: the paper is kept, reference: R-31 }]',
  ])('is not ready with %s that no second person approved, whatever else the policy asks', async (taken) => {
    await declare(fullPlan(house, [charted]), `sampling: { ${taken} }`);
    expect(await shut()).toContain('POLICY_NOT_PROPOSED');
  });

  test('leaves nothing behind that is on hold, whatever a plan says, until two people release it', async () => {
    house.source.put('documents/a', 'a');
    house.source.put('documents/b', 'b');
    const kept = { ...charted, exclusions: [{ glob: 'documents/a', reason: 'a draft' }] };
    const held = { ...kept, legalHold: { held: true, matter: 'a v. b', items: 'documents/a' } };
    await declare(fullPlan(house, [kept]));
    await survey();
    expect(await look()).toMatchObject({ datasets: { nodes: [{ items: 2, excludedItems: 1 }] } });
    await declare(fullPlan(house, [held]));
    await survey();
    expect(await look()).toMatchObject({ datasets: { nodes: [{ items: 2, excludedItems: 0 }] } });
    // Taking it out of the plan does not release it.
    await declare(fullPlan(house, [kept]));
    await survey();
    const seen = await look();
    expect(seen).toMatchObject({ readiness: { ready: true }, datasets: { nodes: [{ excludedItems: 0 }] } });
    const hold = at(seen, 'holds.0.id');
    const elsewhere = { ...charted, name: 'others' };
    await declare(fullPlan(house, [elsewhere]));
    await survey();
    expect(await shut()).toEqual(['LEGAL_HOLD']);
    await declare(fullPlan(house, [{ ...kept, select: 'documents/b' }]));
    await survey();
    expect(await shut()).toEqual(['LEGAL_HOLD']);
    await declare(fullPlan(house, [kept]));
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const all = { input: { datasetId, matter: 'c v. d' } };
    expect(await codes(PLACE_HOLD, { input: { datasetId, matter: ' ' } })).toEqual(['MATTER_NEEDED']);
    const whole = at(await house.ask(PLACE_HOLD, all, ANNA), 'hold.id');
    const more = { input: { datasetId, glob: 'documents/b', reason: 'a draft' } };
    expect(await codes(EXCLUDE, more)).toEqual(['LEGAL_HOLD']);
    const both = somebody('both', 'operator', 'approver');
    for (const each of [hold, whole]) {
      expect(await codes(APPROVE_RELEASE, { id: each }, ANNA)).toEqual(['NOT_PROPOSED']);
      expect(await codes(PROPOSE_RELEASE, { id: each }, both)).toEqual([]);
      expect(await codes(APPROVE_RELEASE, { id: each }, both)).toEqual(['MAKER_IS_CHECKER']);
      expect(await codes(APPROVE_RELEASE, { id: each }, ANNA)).toEqual([]);
      expect(await codes(APPROVE_RELEASE, { id: each }, ANNA)).toEqual(['HOLD_RELEASED']);
    }
    expect(await codes(EXCLUDE, more)).toEqual([]);
    await survey();
    expect(await look()).toMatchObject({
      readiness: { ready: true },
      datasets: { nodes: [{ excludedItems: 2 }] },
    });
  });

  test('knows when what it is trusted by ends, keeps the gate shut in time, and raises each alarm once', async () => {
    await house.close();
    await place.leave();
    place = await enter();
    const clock = fixedClock(new Date('2026-03-01T12:00:00Z'));
    house = await House.open(place, clock);
    const show = (fingerprint: string, notAfter: string) => {
      const facts = { certificate: fingerprint, certificateSubject: 'CN=fhir', certificateNotAfter: notAfter };
      for (const [name, value] of Object.entries(facts)) house.target.facts.set(name, value);
    };
    const alarms = async () => {
      await house.running.settled();
      const told = (await house.events()).filter(({ type }) => type === 'inventory.expiry-near.v1');
      expect(told.map(problemsWith)).toEqual(told.map(() => null));
      return told.map(({ payload }) => at<number>(payload, 'horizonDays'));
    };
    const tick = async () => {
      for (const timetable of house.subgraph.timetables ?? []) await timetable.tick();
    };
    house.source.facts.set('hostKey', 'SHA256:one');
    show('AA', '2026-04-15T12:00:00.000Z');
    const window = { opens: '2026-04-05T22:00', closes: '2026-04-06T04:00', zone: 'UTC' };
    await declare(fullPlan(house, [charted], { window }));
    await survey();
    expect(await shut()).toEqual([]);
    const certificates = '{ migrations { nodes { certificates { kind endpoint name fingerprint notAfter } } } }';
    expect(at(await house.ask(certificates), 'nodes.0.certificates')).toEqual([
      { kind: 'HOST_KEY', endpoint: 'source', name: 'unknown', fingerprint: 'SHA256:one', notAfter: null },
      {
        kind: 'CERTIFICATE',
        endpoint: 'target',
        name: 'CN=fhir',
        fingerprint: 'AA',
        notAfter: '2026-04-15T12:00:00.000Z',
      },
    ]);
    expect(await alarms()).toEqual([]);
    for (const days of [16, 1, 0, 17]) {
      clock.advance(days * 24 * HOUR_MS);
      await tick();
      await tick();
      await alarms();
    }
    // Seen first 45 days before the end; looked at twice each, 29, 28, 28 and 11 days before it.
    expect(await alarms()).toEqual([30, 14]);
    show('BB', '2026-04-10T12:00:00.000Z');
    await tick();
    // Four days after the window are no margin of seven.
    expect(await shut()).toEqual(expect.arrayContaining(['CERTIFICATE_EXPIRES']));
    expect(await alarms()).toEqual([30, 14, 7]);
    // It ends, and nobody can connect any more: the end is told all the same.
    show('CC', '2026-04-05T18:00:00.000Z');
    await tick();
    const before = await alarms();
    house.target.plant({ on: 'check', effect: { kind: 'fail', code: 'PEER_NOT_TRUSTED' } });
    clock.advance(34 * HOUR_MS);
    await tick();
    expect(await alarms()).toEqual([...before, 0]);
    expect(await shut()).toEqual(expect.arrayContaining(['CERTIFICATE_EXPIRED', 'PEER_NOT_TRUSTED']));
  });
});

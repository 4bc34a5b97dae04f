import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, OLGA } from '../house.ts';
import { APPROVE_POLICY, PROPOSE_POLICY } from '../programme-plan.ts';
import { documents, id, type Line, LOOK, stepsIn, SURVEY } from '../questions.ts';

const UNTIL = '2031-01-31T00:00:00Z';
const NOBODY_LISTENS = 1;

/** A server that does not answer shows whether it was asked at all. */
const sourceWith = (until: string, password: string): Json => ({
  connector: 'sftp',
  config: {
    ...{ host: '127.0.0.1', port: NOBODY_LISTENS, user: 'mover', root: '/export' },
    olderAlgorithms: { allowed: ['ssh-rsa'], until },
  },
  secrets: { password: `file:${password}` },
});
const accepting = (change: { readonly [name: string]: Json } = {}): string =>
  JSON.stringify({
    acceptedRisks: [
      {
        endpoint: 'source',
        algorithm: 'ssh-rsa',
        until: UNTIL,
        reason: 'shut down in January',
        reference: 'RISK-12',
        ...change,
      },
    ],
  });

onEveryDialect('an older algorithm at a way in', ({ enter }) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await enter();
    await writeFile(join(place.directory, 'password'), 'open sesame', { mode: 0o600 });
    house = await House.open(place, undefined, ['@waybill/connector-memory', '@waybill/connector-sftp']);
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });
  const { declare } = stepsIn(() => house);
  const begin = (policy: string | undefined, until = UNTIL) =>
    declare(house.plan([documents], { source: sourceWith(until, join(place.directory, 'password')) }), policy);
  const surveyed = async () =>
    at<{ code: string }[]>(await house.ask(SURVEY, { id }), 'userErrors').map(({ code }) => code);
  const shut = async () => {
    await house.running.settled();
    const lines = at<readonly Line[]>(await house.ask(LOOK, { id }), 'readiness.lines');
    return lines.flatMap(({ ok, code }) => (ok ? [] : [code]));
  };
  const settle = async () => {
    await house.ask(PROPOSE_POLICY, { id }, OLGA);
    const policy = at(await house.ask('query ($id: ID! ) { migration(id: $id) { policy } }', { id }), 'policy');
    await house.ask(APPROVE_POLICY, { id, policy }, ANNA);
  };

  test.each([
    ['the policy accepts nothing', undefined],
    ['the policy accepts another algorithm', accepting({ algorithm: 'hmac-sha1' })],
    ['the policy accepts it at another end', accepting({ endpoint: 'target' })],
    ['the policy accepts it for a shorter time', accepting({ until: '2030-12-31T00:00:00Z' })],
    ['no second person has approved the policy that accepts it', accepting()],
  ])('is not spoken while %s: neither listed nor tried', async (_, policy) => {
    await begin(policy);
    expect(await surveyed()).toEqual(['RISK_NOT_ACCEPTED']);
    expect(await shut()).toEqual(expect.arrayContaining(['RISK_NOT_ACCEPTED']));
    expect(await shut()).not.toContain('UNAVAILABLE');
  });

  test('is spoken once two people have accepted the risk, and no longer than they said', async () => {
    await begin(accepting());
    await settle();
    expect(await shut()).toEqual(expect.arrayContaining(['UNAVAILABLE']));
    expect(await shut()).not.toContain('RISK_NOT_ACCEPTED');
    expect(await surveyed()).toEqual([]);
  });

  test('is over when its time is: the gate shuts, and an alarm has told it', async () => {
    const over = '2026-01-31T00:00:00Z';
    await begin(accepting({ until: over }), over);
    await settle();
    expect(await surveyed()).toEqual(['RISK_EXPIRED']);
    expect(await shut()).toEqual(expect.arrayContaining(['RISK_EXPIRED']));
    const alarms = (await house.events()).filter(({ type }) => type === 'inventory.expiry-near.v1');
    expect(alarms.map(({ payload }) => payload)).toEqual([
      expect.objectContaining({ kind: 'older-algorithm', endpoint: 'source', name: 'ssh-rsa', horizonDays: 0 }),
    ]);
  });
});

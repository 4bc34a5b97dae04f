/** An interface's feed: many messages of one patient and one visit, of which the latest is what the target holds. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../kernel/clock.ts';
import { sandboxCertificates } from '../../plugins/peers/certificates.ts';
import { type FhirServer, startFhirServer } from '../../plugins/peers/fhir-server.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import { databaseSettings, type Ended, runWaybill } from '../support/waybill.ts';

interface Event {
  readonly event: string;
  /** Minutes behind ten o'clock; null where the message does not say. */
  readonly at: number | null;
  readonly family?: string;
  readonly discharged?: number;
  readonly visit?: string;
}

const clock = (minutes: number): string => `2026090110${String(minutes).padStart(2, '0')}00-0400`;

function message({ event, at, family = 'Doe', discharged, visit = 'V1' }: Event, control: number): string {
  const time = at === null ? '' : clock(at);
  const left = discharged === undefined ? '' : clock(discharged);
  return [
    `MSH|^~\\&|PRACTICE|ASHFIELD|WAYBILL|TARGET|${time}||ADT^${event}|C${control}|P|2.5.1`,
    `EVN|${event}|${time}`,
    `PID|1||0001^^^PRACTICE^MR||${family}^Jane||19700102|F`,
    `PV1|1|I|WARD^1^1|${'|'.repeat(15)}${visit}${'|'.repeat(25)}${clock(0)}|${left}`,
    '',
  ].join('\r');
}

const FEED: readonly Event[] = [
  { event: 'A08', at: 20, family: 'Roe' },
  { event: 'A01', at: 1 },
  { event: 'A03', at: 40, family: 'Roe', discharged: 39 },
  { event: 'A08', at: 20, family: 'Roe' },
  { event: 'A08', at: 10, family: 'Doe-Roe' },
];

onOneDialect('a feed in which several messages make one patient', (dialect) => {
  let place: Place;
  let fhir: FhirServer;
  beforeEach(async () => {
    place = await dialect.enter();
    fhir = await startFhirServer({
      certificates: await sandboxCertificates(systemClock),
      token: randomBytes(16).toString('hex'),
      directory: join(place.directory, 'binaries'),
    });
  });
  afterEach(async () => {
    await fhir.close();
    await place.leave();
  });

  async function migrate(events: readonly Event[]): Promise<Ended> {
    const { directory } = place;
    const drop = join(directory, 'drop');
    await mkdir(drop, { recursive: true });
    for (const [at, each] of events.entries()) await writeFile(join(drop, `${at}.hl7`), message(each, at));
    await writeFile(join(directory, 'ca.pem'), fhir.authority);
    await writeFile(join(directory, 'token'), fhir.token, { mode: 0o600 });
    const target = { baseUrl: fhir.baseUrl, profile: 'fhir-r4', ca: './ca.pem' };
    const plan = stringify({
      migration: 'feed',
      source: { connector: 'hl7-file-drop', config: { folder: drop }, secrets: {} },
      target: { connector: 'https-api', config: target, secrets: { token: 'file:./token' } },
      datasets: [
        {
          ...{ name: 'encounters', tier: 'active-clinical', select: '*.hl7', format: 'hl7v2' },
          ...{ lineage: 'shipped:adt-to-fhir', owner: 'registration' },
        },
      ],
    });
    await writeFile(join(directory, 'plan.yaml'), plan);
    return runWaybill(['migrate', join(directory, 'plan.yaml'), '--data', join(directory, 'data'), '--json'], {
      directory,
      environment: databaseSettings(place),
    });
  }

  const one = (type: string): unknown => {
    const [id, ...more] = fhir.store.ids(type);
    expect(more).toEqual([]);
    return fhir.store.get(type, id ?? '');
  };

  test('ends with the latest of each, every message verified, and what was superseded counted', async () => {
    const { code, json, stderr } = await migrate(FEED);
    expect({ code, exceptions: json?.exceptions, stderr }).toMatchObject({ code: 0, exceptions: [] });
    expect(json?.datasets).toMatchObject([{ eligible: 5, verified: 5, quarantined: 0, failed: 0 }]);
    const { source, matched, superseded = 0 } = json?.records as unknown as Record<string, number>;
    expect(matched).toBe(source);
    expect(superseded).toBeGreaterThan(0);
    expect(one('Patient')).toMatchObject({ name: [{ family: 'Roe' }] });
    expect(one('Encounter')).toMatchObject({ status: 'finished' });
  });

  test('leaves to people what was said at one moment, and what does not say when', async () => {
    const tied = [FEED[1], { event: 'A08', at: 1, family: 'Poe' }, { event: 'A08', at: null, visit: 'V2' }] as Event[];
    const { code, json } = await migrate(tied);
    expect(code).toBe(2);
    expect(json?.exceptions.map(({ category }) => category)).toContain('duplicate-record');
    expect(json?.datasets).toMatchObject([{ eligible: 3, verified: 0, quarantined: 3 }]);
    expect(fhir.store.ids('Patient')).toEqual([]);
  });
});

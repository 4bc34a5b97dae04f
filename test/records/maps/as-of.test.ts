/** The feeds of HL7 v2 whose messages say one record again and again. */
import { expect, test } from '@jest/globals';
import { mapped, shipped } from '../item.ts';

const HEAD = 'MSH|^~\\&|A|B|C|D';

async function asOfs(map: string, content: string): Promise<ReadonlySet<string | undefined>> {
  const records = await mapped(shipped(map), content);
  expect(records.flatMap(({ problems }) => problems)).toEqual([]);
  return new Set(records.map(({ asOf }) => asOf));
}

test('ADT is as of when the event was recorded, or else of when the message was sent', async () => {
  const adt = (recorded: string) =>
    [
      `${HEAD}|20250102030405-0500||ADT^A08|7|P|2.5.1`,
      `EVN|A08|${recorded}`,
      'PID|1||1^^^A^MR||Doe^Jane',
      'PV1|1|I',
      '',
    ].join('\r');
  expect(await asOfs('adt-to-fhir', adt('20250102030300-0500'))).toEqual(new Set(['2025-01-02T08:03:00.000000000Z']));
  expect(await asOfs('adt-to-fhir', adt(''))).toEqual(new Set(['2025-01-02T08:04:05.000000000Z']));
});

test('a charge is told apart by nothing; who and what it names is as of its message', async () => {
  const dft = [
    `${HEAD}|20250102030405-0500||DFT^P03|7|P|2.5.1`,
    'EVN|P03|20250102030405-0500',
    'PID|1||1^^^A^MR||Doe^Jane',
    'FT1|1|T1||20250102|20250102|CG|99213^Visit^C4||||1',
    '',
  ].join('\r');
  const records = await mapped(shipped('dft-to-fhir'), dft);
  const of = (type: string) => records.find((each) => each.type === type);
  expect(of('ChargeItem')?.problems).toEqual([]);
  expect(of('ChargeItem')?.asOf).toBeUndefined();
  expect(of('Patient')?.asOf).toBe('2025-01-02T08:04:05.000000000Z');
});

test('results and documents are known by their message, and have no versions', () => {
  expect(['oru-to-fhir', 'mdm-to-fhir'].map((name) => shipped(name).hasVersions)).toEqual([false, false]);
  const feeds = ['adt', 'orm', 'siu', 'rde', 'vxu', 'dft', 'ccd'].map((name) => shipped(`${name}-to-fhir`));
  expect(feeds.map(({ hasVersions }) => hasVersions)).toEqual(feeds.map(() => true));
});

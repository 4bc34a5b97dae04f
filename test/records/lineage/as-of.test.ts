import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { codesOf, compiled, mapped } from '../item.ts';

const PATIENT = { type: 'Patient', key: 'mrn:{PID-3.1}', rules: [{ to: 'name[0].family', from: 'PID-5.1' }] };
const HEAD = { name: 'm', version: '1.0.0', format: 'hl7v2', messages: ['ADT^A08'], critical: [] };
const ADT = { from: ['EVN-2', 'MSH-7'], sequence: 'MSH-13' };

function mapOf(parts: object = {}): string {
  return JSON.stringify({ ...HEAD, records: [PATIENT], asOf: ADT, ...parts });
}

function message(sent: string, recorded = '', sequence = '', family = 'Doe'): string {
  const head = `MSH|^~\\&|A|B|C|D|${sent}||ADT^A08|7|P|2.5.1|${sequence}`;
  return [head, `EVN|A08|${recorded}`, 'PID|1||1', ''].join('\r').replace('PID|1||1', `PID|1||1||${family}`);
}

async function asOf(map: string, content: string, path?: string): Promise<string | undefined> {
  const [record] = await mapped(compiled(map), content, path);
  return record?.asOf;
}

describe('what a record is as of', () => {
  test('is the first time that has a value, on the clock of Greenwich', async () => {
    expect(await asOf(mapOf(), message('20250102030405-0500', '20250102030400-0500'))).toBe(
      '2025-01-02T08:04:00.000000000Z',
    );
    expect(await asOf(mapOf(), message('20250102030405.25+0100'))).toBe('2025-01-02T02:04:05.250000000Z');
  });

  test('takes the offset that the message declares, or the zone that the map does', async () => {
    expect(await asOf(mapOf(), message('20250102030405-0500', '202501020304'))).toBe('2025-01-02T08:04:00.000000000Z');
    const zoned = mapOf({ zone: 'America/Chicago' });
    expect(await asOf(zoned, message('20250102030405'))).toBe('2025-01-02T09:04:05.000000000Z');
  });

  test('is unknown where the time is missing, impossible, a day, without offset, or shown twice', async () => {
    for (const sent of ['', '20250231030405-0500', '20250102', '20250102030405']) {
      const records = await mapped(compiled(mapOf()), message(sent));
      expect({ sent, asOf: records[0]?.asOf, codes: codesOf(records) }).toEqual({ sent, asOf: '', codes: [] });
    }
    expect(await asOf(mapOf({ zone: 'America/Chicago' }), message('20251102013000'))).toBe('');
  });

  test('tells versions of one moment apart by their number', async () => {
    const at = async (sequence: string) => (await asOf(mapOf(), message('20250102030405Z', '', sequence))) ?? '';
    const zulu = (sequence: string) =>
      asOf(mapOf(), message('20250102030405+0000', '', sequence)).then((each) => each ?? '');
    expect((await zulu('9')) < (await zulu('10'))).toBe(true);
    expect(await at('9')).toBe('');
    const numbered = mapOf({ asOf: { sequence: 'MSH-13' } });
    expect(await asOf(numbered, message('', '', '12'))).toBe('000000000000000012');
    expect(await asOf(numbered, message('', '', 'twelve'))).toBe('');
  });

  test('is said by a kind of record before the map, and by nobody where neither says it', async () => {
    const own = mapOf({ records: [{ ...PATIENT, asOf: { from: 'MSH-7' } }] });
    expect(await asOf(own, message('20250102030405Z'.replace('Z', '+0000'), '19990101000000+0000'))).toMatch(/^2025/);
    expect(await asOf(mapOf({ asOf: undefined }), message('20250102030405+0000'))).toBeUndefined();
    const none = mapOf({ records: [{ ...PATIENT, asOf: 'none' }] });
    expect(await asOf(none, message('20250102030405+0000'))).toBeUndefined();
  });

  test('sorts as the moments do, whatever their offsets and fractions', async () => {
    const lineage = compiled(mapOf());
    const moment = fc.record({
      seconds: fc.integer({ min: 0, max: 4_000_000_000 }),
      fraction: fc.integer({ min: 0, max: 9999 }),
      offset: fc.integer({ min: -14, max: 14 }),
    });
    const written = ({ seconds, fraction, offset }: { seconds: number; fraction: number; offset: number }): string => {
      const local = new Date((seconds + offset * 3600) * 1000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
      const sign = offset < 0 ? '-' : '+';
      return `${local}.${String(fraction).padStart(4, '0')}${sign}${String(Math.abs(offset)).padStart(2, '0')}00`;
    };
    await fc.assert(
      fc.asyncProperty(moment, moment, async (left, right) => {
        const [a, b] = await mapped(lineage, message(written(left)) + message(written(right)));
        const order = left.seconds - right.seconds || left.fraction - right.fraction;
        const [first = '', second = ''] = [a?.asOf, b?.asOf];
        expect(Math.sign(order)).toBe(first < second ? -1 : first > second ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });

  test('is read from columns, documents and resources as they are', async () => {
    const rows = { ...HEAD, format: 'delimited', messages: undefined, asOf: { from: 'changed', sequence: 'version' } };
    const patient = { type: 'Patient', key: 'mrn:{mrn}', rules: [{ to: 'name[0].family', from: 'family' }] };
    const table = JSON.stringify({ ...rows, records: [patient] });
    const content = 'mrn,family,changed,version\n1,Doe,2025-01-02T03:04:05Z,4\n';
    expect(await asOf(table, content)).toBe('2025-01-02T03:04:05.000000000Z 000000000000000004');
    const asItIs = {
      ...HEAD,
      format: 'fhir',
      messages: undefined,
      copyResource: {},
      asOf: { from: 'meta.lastUpdated' },
    };
    const resource = { resourceType: 'Patient', id: 'a', meta: { lastUpdated: '2025-01-02T03:04:05.5+01:00' } };
    expect(await asOf(JSON.stringify(asItIs), JSON.stringify(resource), 'a.json')).toBe(
      '2025-01-02T02:04:05.500000000Z',
    );
  });

  test('is refused where it tells nothing apart or names no field, by its place', () => {
    const refusals = (asOf: object, at: object = { asOf }) => {
      const parsed = parseLineage(mapOf(at));
      return parsed.ok ? [] : parsed.refusals.map(({ field, message }) => [field?.join('.'), message]);
    };
    expect(refusals({})).toEqual([['asOf', 'line 1: asOf tells no versions apart']]);
    expect(refusals({ from: 'nowhere' })).toEqual([
      ['asOf.from', 'line 1: asOf.from names nowhere, which is no field'],
    ]);
    expect(refusals({ sequence: 'MSH-13', shapes: ['hl7'] })).toMatchObject([['asOf.shapes', expect.any(String)]]);
    const own = { records: [{ ...PATIENT, asOf: { from: 'nowhere' } }] };
    expect(refusals({}, own)).toMatchObject([['records.0.asOf.from', expect.any(String)]]);
    expect(refusals({ latest: 'MSH-7' })).toHaveLength(1);
  });
});

describe('an item that makes a record again', () => {
  const practitioner = { ...PATIENT, once: true };

  test('as of another moment makes another version of it, and as of the same one a problem', async () => {
    const lineage = compiled(mapOf({ records: [practitioner] }));
    const two = (second: string) => message('20250102030405+0000') + message(second, '', '', 'Roe');
    expect((await mapped(lineage, two('20250102030406+0000'))).map(({ problems }) => problems.length)).toEqual([0, 0]);
    expect(codesOf(await mapped(lineage, two('20250102030405+0000')))).toEqual(['RECORD_CONFLICT']);
  });
});

/** The smaller rules: manifests, parcels, faults, words and rates. */
import { describe, expect, test } from '@jest/globals';
import { CODES, KEYED_RECORDS } from '../../../plugins/sdk/index.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { nextStep, parcelAfter } from '../../../subgraphs/transfer/domain/attempt.ts';
import { addToTotals, failedRow, NO_TOTALS, packedRow, sumsLine } from '../../../subgraphs/transfer/domain/manifest.ts';
import { PARCEL_BYTES_MAX, ParcelCutter } from '../../../subgraphs/transfer/domain/parcel.ts';
import { consequenceOf, retryDelay } from '../../../subgraphs/transfer/domain/pause.ts';
import { endpointDigest, endsOf, transferPolicy } from '../../../subgraphs/transfer/domain/plan.ts';
import { withoutPath } from '../../../subgraphs/transfer/domain/reason.ts';
import { secondsLeft, Throughput } from '../../../subgraphs/transfer/domain/throughput.ts';

const ITEM = { itemId: 'item-1', path: 'ward/smith, john.pdf', sizeBytes: 4 };
const READ = { digest: sha256('abcd'), sizeBytes: 4 };

describe('a manifest', () => {
  const examined = { shape: { records: 2, fields: 9 }, problems: [], mediaType: 'text/csv' };

  test('counts what was read and what was not', () => {
    const grown = packedRow(ITEM, { ...READ, sizeBytes: 6 }, examined);
    const rows = [packedRow(ITEM, READ, examined), grown, failedRow(ITEM, 'ITEM_NOT_FOUND')];
    expect(rows.reduce(addToTotals, NO_TOTALS)).toEqual({
      ...{ items: 3, bytes: 10, records: 4, fields: 18, failed: 1, changed: 1 },
    });
    expect(grown.surveyedSizeBytes).toBe(4);
    expect(rows[0]).not.toHaveProperty('surveyedSizeBytes');
  });

  test('keeps the first problem of an item with its place', () => {
    const problem = { category: 'unreadable', code: 'NOT_TEXT', position: 'byte 0', message: 'not text' } as const;
    expect(packedRow(ITEM, READ, { ...examined, shape: null, problems: [problem] })).toMatchObject({
      records: null,
      problem: { code: 'NOT_TEXT', position: 'byte 0' },
    });
  });

  test.each([
    ['plain', 'a b.pdf', 'a b.pdf', ''],
    ['with a newline', 'a\nb', 'a\\nb', '\\'],
    ['with a carriage return', 'a\rb', 'a\\rb', '\\'],
    ['with a backslash', 'a\\b', 'a\\\\b', '\\'],
  ])('writes a name %s as coreutils does', (_, path, written, mark) => {
    expect(sumsLine({ path, sha256: READ.digest })).toBe(`${mark}${READ.digest}  ${written}\n`);
  });

  test('leaves what was not read out of the sums', () => {
    expect(sumsLine({ path: 'a', sha256: null })).toBe('');
  });
});

const record = (resource: Json) => ({ key: 'k1', parent: 'p1', resource });

describe('parcels', () => {
  test('are cut at the number of records, the same way every time', () => {
    const cut = () => {
      const cutter = new ParcelCutter(ITEM, 100, 'fhir-r4');
      const all = Array.from({ length: 201 }, (_, at) => cutter.add(record({ b: at, a: 1 })));
      return [...all, cutter.rest(), cutter.rest()].filter((parcel) => parcel !== undefined);
    };
    expect(cut().map(({ parcel }) => parcel.key)).toEqual(['item-1/1', 'item-1/2', 'item-1/3']);
    expect(cut().map(({ sha256: digest }) => digest)).toEqual(cut().map(({ sha256: digest }) => digest));
    expect(Buffer.from(cut()[2]?.bytes ?? []).toString()).toBe('{"a":1,"b":200}\n');
  });

  test('say the key of a record and of its patient beside it where the form has no room for them', () => {
    const cutter = new ParcelCutter(ITEM, 1, 'unity');
    const cut = cutter.add(record({ resourceType: 'SaveNote', text: 'x' }));
    const line = '{"key":"k1","parent":"p1","record":{"resourceType":"SaveNote","text":"x"}}\n';
    expect([cut?.parcel.mediaType, Buffer.from(cut?.bytes ?? []).toString()]).toEqual([KEYED_RECORDS, line]);
  });

  test('never hold more than a hundred records, whatever the policy says', () => {
    const cutter = new ParcelCutter(ITEM, 5_000, 'fhir-r4');
    const full = Array.from({ length: 100 }, () => cutter.add(record({}))).filter((parcel) => parcel);
    expect(full).toHaveLength(1);
  });

  test('end early when their records are large', () => {
    const cutter = new ParcelCutter(ITEM, 100, 'fhir-r4');
    expect(cutter.add(record('x'.repeat(PARCEL_BYTES_MAX)))?.parcel.key).toBe('item-1/1');
  });

  test('are looked up before anything is written once they were staged', () => {
    expect([undefined, 'none', 'staged', 'committed'].map((state) => nextStep(state as never))).toEqual([
      ...['stage', 'look-up', 'look-up', 'done'],
    ]);
  });

  test('are never staged again once they are committed', () => {
    expect(parcelAfter(undefined, 'stage')).toBe('staged');
    expect(parcelAfter('staged', 'stage')).toBe('staged');
    expect(parcelAfter('staged', 'commit')).toBe('committed');
    expect(() => parcelAfter('committed', 'stage')).toThrow('committed parcel');
  });
});

describe('a fault', () => {
  test.each(Object.entries(CODES))(
    '%s of a connector touches one item or pauses the batch',
    (code, { class: kind }) => {
      const isOfData = kind === 'data' || kind === 'integrity';
      const target = consequenceOf(code, 'target');
      if (!isOfData) expect(target).toBe('pause-batch');
      if (code.startsWith('ITEM_') && code !== 'ITEM_NOT_FOUND') expect(target).toBe('set-item-aside');
    },
  );

  test('nobody knows pauses the batch', () => {
    for (const place of ['packing', 'source', 'target'] as const)
      expect(consequenceOf('NEW', place)).toBe('pause-batch');
  });

  test('is tried again with growing waits, unless it is permanent', () => {
    const rules = { retryLimit: 4, retryDelayMs: 200, retryDelayMaxMs: 1_000 };
    const waits = (retry: string) => [1, 2, 3, 4, 5].map((failures) => retryDelay({ retry }, failures, rules));
    expect(waits('transient')).toEqual([200, 400, 800, 1_000, undefined]);
    expect(waits('ambiguous')[0]).toBe(200);
    expect(waits('permanent')[0]).toBeUndefined();
  });

  test('is told without the name of the item, however the name is spelled', () => {
    const said = [
      'cannot open /export/ward/smith, john.pdf',
      `no item ${JSON.stringify('ward/smith, john.pdf')}`,
      'PUT /fhir/ward/smith,%20john.pdf: 507',
      'smith, john.pdf is busy',
    ];
    for (const message of said) expect(withoutPath(message, ITEM)).not.toMatch(/smith|john/);
    expect(withoutPath('x'.repeat(900), ITEM).length).toBeLessThanOrEqual(500);
  });
});

describe('the sealed plan', () => {
  const source = { connector: 'sftp', config: { host: 'a' }, secrets: { key: 'env:KEY' } };
  const own = { connector: 'hl7-file-drop', config: { folder: '/drop' } };
  const plan = { source, target: { connector: 'https-api' }, datasets: [{ name: 'x' }, { name: 'y', target: own }] };

  test('gives every dataset both ends, its own target where it has one', () => {
    expect(endsOf(plan, 'x')).toEqual({ source, target: { connector: 'https-api', config: {}, secrets: {} } });
    expect(endsOf(plan, 'y').target).toEqual({ ...own, secrets: {} });
    expect(endpointDigest(endsOf(plan, 'x').target)).not.toBe(endpointDigest(endsOf(plan, 'y').target));
  });

  test('says where each end may connect to, or nothing', () => {
    const network = [{ host: '10.20.0.0/16', port: 443 }];
    const listed = endsOf({ ...plan, target: { connector: 'ledger', network } }, 'x');
    expect(listed.target).toEqual({ connector: 'ledger', config: {}, secrets: {}, network });
    expect(listed.source).not.toHaveProperty('network');
  });

  test('has a policy whose silence is read strictly', () => {
    expect(transferPolicy({})).toMatchObject({ launchApproval: 'required', failuresBeforePause: 1, concurrency: 8 });
    expect(transferPolicy({ approval: { launch: 'not-required' }, transfer: { concurrency: 2 } })).toMatchObject({
      ...{ launchApproval: 'not-required', concurrency: 2, setAsideBeforePause: null, dependencyEnds: 'reconciled' },
    });
  });
});

describe('throughput', () => {
  test('is the rate over the last ten seconds', () => {
    const throughput = new Throughput();
    for (let at = 0; at <= 60_000; at += 10) throughput.record(at, at < 30_000 ? 0 : (at - 30_000) / 100, 0);
    expect(throughput.rate().itemsPerSecond).toBeCloseTo(10, 1);
  });

  test('begins again when a phase does', () => {
    const throughput = new Throughput();
    throughput.record(0, 0, 0);
    throughput.record(1_000, 500, 0);
    throughput.record(2_000, 1, 0);
    expect(throughput.rate()).toEqual({ itemsPerSecond: 0, bytesPerSecond: 0 });
  });

  test('says when all will be done by the slower of items and bytes', () => {
    expect(secondsLeft({ items: 10, bytes: 100 }, { itemsPerSecond: 5, bytesPerSecond: 10 })).toBe(10);
    expect(secondsLeft({ items: 10, bytes: 100 }, { itemsPerSecond: 0, bytesPerSecond: 0 })).toBeUndefined();
    expect(secondsLeft({ items: 0, bytes: 0 }, { itemsPerSecond: 0, bytesPerSecond: 0 })).toBe(0);
  });
});

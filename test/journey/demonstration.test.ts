/** The first two commands a new user runs, and what they must find: every planted fault, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PLANTED } from '../../demo/faults.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { databaseSettings, type Ended, runWaybill, type Summary } from '../support/waybill.ts';

const CATEGORIES = [
  'missing-record',
  'duplicate-record',
  'truncation',
  'code-translation-mismatch',
  'timestamp-shift',
  'attachment-not-found',
  'value-mismatch',
  'digest-mismatch',
  'schema-invalid',
  'content-implausible',
  'orphan',
  'unreadable',
  'conflicting-allergy',
  'duplicate-patient',
  'sequence-gap',
  'unexpected-record',
  'precision-loss',
  'incomplete-chart',
];

onEveryDialect('the demonstration', (dialect) => {
  let place: Place;
  let ended: Ended;
  let summary: Summary;
  let directory: string;

  beforeAll(async () => {
    place = await dialect.enter();
    directory = place.directory;
    const environment = { ...databaseSettings(place), PORT: '0' };
    ended = await runWaybill(['demo', '--once', '--json', '--data', directory], { directory, environment });
    if (!ended.json) throw new Error(`no summary; it ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
    summary = ended.json;
  });
  afterAll(() => place.leave());

  test('ends by itself with the code for open exceptions', () => {
    expect({ code: ended.code, outcome: summary.outcome }).toEqual({ code: 2, outcome: 'exceptions-open' });
  });

  test('plants every category of the practice at least once', () => {
    expect([...new Set(PLANTED.map(({ category }) => category))].sort()).toEqual([...CATEGORIES].sort());
  });

  test('finds every planted fault in the right category and dataset, and nothing else', () => {
    const found = summary.exceptions.map(({ category, dataset }) => `${category} in ${dataset}`).sort();
    expect(found).toEqual(PLANTED.map(({ category, dataset }) => `${category} in ${dataset}`).sort());
  });

  test('verifies no item that a fault touched, and every other', () => {
    const counts = Object.fromEntries(
      summary.datasets.map(({ name, eligible, verified }) => [name, eligible - verified]),
    );
    const touched: Record<string, Set<string>> = Object.fromEntries(
      summary.datasets.map(({ name }) => [name, new Set()]),
    );
    for (const { dataset, item } of PLANTED) if (item !== null) touched[dataset]?.add(item);
    expect(counts).toEqual(Object.fromEntries(Object.entries(touched).map(([name, items]) => [name, items.size])));
  });

  test('gives every item exactly one disposition', () => {
    for (const { eligible, verified, excluded, quarantined, failed } of summary.datasets)
      expect(verified + excluded + quarantined + failed).toBe(eligible);
    expect(summary.datasets.reduce((total, { eligible }) => total + eligible, 0)).toBeGreaterThan(250);
  });

  test('says of every dataset of how many charts its target was asked', async () => {
    const environment = { ...databaseSettings(place), PORT: '0' };
    const data = join(directory, 'house');
    const { stdout } = await runWaybill(['coverage', '--json', '--data', data], { directory, environment });
    const rows = JSON.parse(stdout) as readonly {
      readonly workflow: readonly { readonly check: string; readonly asked: number; readonly verdict: string }[];
    }[];
    const opened = rows.flatMap(({ workflow }) => workflow).filter(({ check }) => check === 'chart-opens');
    expect(opened.length).toBeGreaterThan(0);
    for (const { asked, verdict } of opened) if (verdict === 'passed') expect(asked).toBeGreaterThan(0);
  });

  test('leaves an evidence pack that verifies offline', async () => {
    expect(summary.evidence !== null && existsSync(summary.evidence)).toBe(true);
    const verified = await runWaybill(['verify', summary.evidence ?? ''], { directory });
    expect(`${verified.code} ${verified.stdout}${verified.stderr}`).toMatch(/^0 /);
  });

  test('prints one URL, the reconciliation table and no name of a patient', () => {
    expect(ended.stderr + ended.stdout).toMatch(/http:\/\/(localhost|127\.0\.0\.1):\d+\/graphql/);
    expect(ended.stdout + ended.stderr).not.toMatch(/Zielinski|Eriksen|Hollingsworth|Okafor/);
  });
});

/** The coverage page in a real browser: it asks nobody for anything, complains of nothing, and can be read. */
import { expect, test } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { coveragePage, type PageRow } from '../../subgraphs/validation/domain/coverage-page.ts';
import type { RiskLine } from '../../subgraphs/validation/domain/risk.ts';
import { temporaryFolders } from '../support/places.ts';

const CHROMIUM = '/usr/bin/chromium';
const here = existsSync(CHROMIUM);
if (!here) process.stderr.write(`the coverage page is not opened in a browser: there is no ${CHROMIUM}\n`);
const folder = temporaryFolders();

const line: PageRow = {
  dataset: 'labs',
  tier: 'active-clinical',
  unit: 'records',
  population: 48_210,
  sampleSize: 48_210,
  methods: ['row-count', 'field-level'],
  defects: 0,
  defectRate: 0,
  interval: { lower: 0, upper: 0 },
  confidence: 0.99,
  assurance: { workflow: 40, fields: 48_170 },
  workflow: [
    { check: 'chart-opens', asked: 40, failed: 0, notVerifiable: 0, verdict: 'passed', why: null },
    {
      check: 'report-totals',
      asked: 0,
      failed: 0,
      notVerifiable: 2,
      verdict: 'not-verifiable',
      why: 'nothing is listed',
    },
  ],
  signOffs: [{ role: 'nursing', state: 'accepted', signedBy: 'nora', signedAt: '2026-11-01T12:00:00.000Z' }],
  standing: 'high',
  open: [],
};
const letters: PageRow = {
  ...line,
  dataset: 'scanned letters 1998-2016',
  tier: 'compliance-archive',
  assurance: { bytes: 1_312, sampled: 1_202_688 },
  workflow: [],
  unit: 'items',
  population: 1_204_000,
  sampleSize: 1_312,
  methods: ['checksum', 'row-count', 'sampling-review'],
  defects: 1,
  defectRate: 1 / 1_312,
  interval: { lower: 1 / 1_204_000, upper: 0.0042 },
  confidence: 0.95,
  signOffs: [{ role: 'him', state: 'awaited', signedBy: null, signedAt: null }],
  standing: 'limited',
  open: ['exceptions open: P3 1', 'sign-off awaited: him'],
};
const charges: PageRow = {
  ...{ ...line, dataset: 'charges', tier: 'financially-sensitive', population: null, sampleSize: 0, methods: [] },
  ...{ defectRate: null, interval: null, standing: 'none', open: ['not reconciled yet'], signOffs: [], workflow: [] },
};
const rows = [line, letters, charges];
const agreed = { proposedBy: 'olga', approvedBy: 'anna', approvedAt: '2026-11-01T12:00:00.000Z' };
const risks: readonly RiskLine[] = [
  {
    risk: 'active-clinical',
    datasets: ['labs'],
    cover: 'covered',
    how: ['labs: all of it'],
    lacking: [],
    decided: null,
  },
  {
    risk: 'interface-feeds',
    datasets: [],
    cover: 'absent',
    how: ['the plan brings no messages'],
    lacking: [],
    decided: null,
  },
  {
    ...{ risk: 'faded ink', datasets: [letters.dataset], cover: 'left-out', how: ['low, by the plan'] },
    ...{ lacking: ['nothing is done about it'], decided: agreed },
  },
];

(here ? test : test.skip)('the coverage page opens from a disk, alone, and fits its window', async () => {
  const file = join(folder(), 'coverage.html');
  writeFileSync(file, coveragePage({ migration: 'st-anne-2026', report: 'a'.repeat(64), rows, risks }));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const address = pathToFileURL(file).href;
    await page.goto(address);
    expect([asked, complaints]).toEqual([[address], []]);
    expect(await page.locator('table').first().locator('tbody tr').count()).toBe(3);
    expect(await page.getByRole('img').count()).toBe(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    const sums = await page.locator('.sums').innerText();
    expect(sums.replace(/\s+/g, ' ')).toContain('1 dataset: high 1 dataset: something is open');
    const shown = await page.locator('body').innerText();
    for (const told of [
      '1 passed, 0 failed, 1 not verifiable',
      'workflow: 40',
      'as nothing is listed',
      'faded ink',
      'olga, anna',
    ])
      expect(shown).toContain(told);
  } finally {
    await browser.close();
  }
});

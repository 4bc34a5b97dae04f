import { expect, test } from '@jest/globals';
import { NOTHING_SAMPLED } from '../../../subgraphs/validation/domain/sampling/draw-plan.ts';
import { type RiskFacts, riskLines, type RiskRow } from '../../../subgraphs/validation/domain/risk.ts';

const labs: RiskRow = {
  ...{ dataset: 'labs', tier: 'active-clinical', population: 9, sampleSize: 9, unit: 'records' },
  ...{ methods: ['row-count', 'field-level'], format: 'fhir', isSampled: false, notVerifiable: 0, feeds: 0 },
};
const adt: RiskRow = { ...labs, dataset: 'adt', format: 'hl7v2', unit: 'items', methods: ['checksum'] };
const letters: RiskRow = {
  ...{ ...labs, dataset: 'letters', tier: 'compliance-archive', format: 'document', isSampled: true, sampleSize: 3 },
};
const charts = { ...{ 'active-clinical': 50, 'financially-sensitive': 50, 'historical-searchable': 50 } };
const facts: RiskFacts = {
  rows: [labs],
  sampling: NOTHING_SAMPLED,
  charts: { ...charts, 'compliance-archive': 0, highRiskMax: 9 },
  quality: [],
  approval: null,
};
const approval = { proposedBy: 'olga', approvedBy: 'anna', approvedAt: '2026-11-01T12:00:00.000Z' };
const model = { title: 'Archive', reference: 'RM-7', rationale: 'rarely read' };
const sampled: RiskFacts = { ...facts, rows: [letters], sampling: { ...NOTHING_SAMPLED, riskModel: model }, approval };

const told = (of: RiskFacts) => riskLines(of).map(({ risk, cover }) => `${risk} ${cover}`);
const lineOf = (of: RiskFacts, risk: string) => riskLines(of).find((line) => line.risk === risk);
const leaving = (of: RiskFacts, ...risks: readonly string[]): RiskFacts => ({
  ...of,
  sampling: { ...of.sampling, leftOut: risks.map((risk) => ({ risk, reason: 'read by nobody', reference: 'R-9' })) },
});

test('every tier, high-risk cohorts and interface feeds have a line, though the plan brings nothing of them', () => {
  expect(told({ ...facts, rows: [] })).toEqual([
    ...['active-clinical absent', 'financially-sensitive absent', 'historical-searchable absent'],
    ...['compliance-archive absent', 'high-risk-cohorts absent', 'interface-feeds absent'],
  ]);
});

test('a tier is covered by what was looked into, and open while some of it was not, or cannot be read back', () => {
  expect(lineOf(facts, 'active-clinical')).toEqual({
    ...{ risk: 'active-clinical', datasets: ['labs'], cover: 'covered', lacking: [], decided: null },
    how: ['labs: 9 of 9 records by row-count, field-level', 'up to 50 charts opened at each target'],
  });
  const waiting = { ...labs, dataset: 'notes', methods: [] };
  expect(lineOf({ ...facts, rows: [labs, waiting] }, 'active-clinical')).toMatchObject({
    ...{ cover: 'open', lacking: ['not reconciled yet: notes'] },
  });
  expect(lineOf({ ...facts, rows: [{ ...adt, notVerifiable: 4 }] }, 'active-clinical')).toMatchObject({
    ...{ cover: 'open', lacking: ['adt: items that cannot be verified: 4'] },
  });
});

test('a sample names its risk model and the two people who agreed to it', () => {
  expect(lineOf(sampled, 'compliance-archive')).toMatchObject({
    ...{ cover: 'covered', decided: approval },
    how: expect.arrayContaining(['a sample of letters, by the risk model Archive (RM-7)']),
  });
});

test('who is harmed most is covered where all is looked into, or named; a sample without names leaves it open', () => {
  expect(lineOf(facts, 'high-risk-cohorts')?.cover).toBe('covered');
  expect(lineOf(sampled, 'high-risk-cohorts')?.cover).toBe('open');
  const named = { ...sampled, sampling: { ...sampled.sampling, highRisk: ['letters/consent/**'] } };
  expect(lineOf(named, 'high-risk-cohorts')).toMatchObject({
    ...{ cover: 'covered', how: ['every item at letters/consent/**', 'their charts opened, up to 9'] },
  });
});

test('feeds say whether they are held to days that the plan promises', () => {
  const of = { ...facts, rows: [adt, { ...adt, dataset: 'oru', feeds: 2 }] };
  expect(lineOf(of, 'interface-feeds')).toMatchObject({ cover: 'covered', datasets: ['adt', 'oru'] });
  expect(lineOf(of, 'interface-feeds')?.how.slice(1)).toEqual([
    'held to the days that the plan promises: oru',
    'adt: the plan promises no days, so that one that never came is not missed',
  ]);
});

test('a risk of the plan is covered by what is done about it, and open where nothing is said', () => {
  const risk = { dataset: 'labs', risk: 'units lost', level: 'high', mitigation: 'units are checked' };
  const quality = [risk, { ...risk, risk: 'faded ink', mitigation: null }];
  expect(told({ ...facts, quality }).slice(-2)).toEqual(['units lost covered', 'faded ink open']);
});

test('what the policy leaves out is deliberate once two people agreed, and open before', () => {
  const quality = [{ dataset: 'letters', risk: 'faded ink', level: 'low', mitigation: null }];
  const alone = leaving({ ...sampled, quality, approval: null }, 'faded ink');
  expect(lineOf(alone, 'faded ink')).toMatchObject({ cover: 'open', decided: null });
  expect(lineOf(alone, 'faded ink')?.lacking.at(-1)).toMatch(/^left out: .*, which nobody else agreed to$/);
  const both = leaving({ ...sampled, quality }, 'faded ink', 'high-risk-cohorts');
  for (const risk of ['faded ink', 'high-risk-cohorts'])
    expect(lineOf(both, risk)).toMatchObject({ cover: 'left-out', decided: approval });
  expect(lineOf(both, 'faded ink')?.how.at(-1)).toBe('left out: read by nobody (R-9)');
});

test('what is left out and named nowhere is told too, and what is covered stays covered', () => {
  const of = leaving({ ...facts, approval }, 'active-clinical', 'activ-clinical');
  expect(lineOf(of, 'active-clinical')?.cover).toBe('covered');
  expect(lineOf(of, 'activ-clinical')).toMatchObject({ cover: 'absent', datasets: [] });
});

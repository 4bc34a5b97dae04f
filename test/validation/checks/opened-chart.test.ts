import { describe, expect, test } from '@jest/globals';
import { isNewestFirst } from '../../../subgraphs/validation/checks/medication-order.ts';
import {
  askedOf,
  type DueRecord,
  judgeChart,
  type LedTo,
  type ShownRecord,
} from '../../../subgraphs/validation/checks/opened-chart.ts';
import { levelWith, openedItem, workflowLine } from '../../../subgraphs/validation/domain/workflow.ts';

describe('medications from the newest to the oldest', () => {
  test.each<[string, string[], boolean]>([
    ['moments of several zones, by when they were', ['2026-02-11T01:00:00+09:00', '2026-02-10T11:00:00-04:00'], true],
    ['and not by how they are written', ['2026-02-10T23:00:00+09:00', '2026-02-10T11:00:00-04:00'], false],
    ['a day and a moment of it, whichever comes first', ['2026-02-11', '2026-02-11T09:00:00Z'], true],
    ['a moment of a day and that day', ['2026-02-11T23:30:00-10:00', '2026-02-11'], true],
    ['a day and a moment two days later', ['2026-02-11', '2026-02-14T00:00:00Z'], false],
    ['days as they are written', ['2026-02-11', '2026-02-12'], false],
    ['a year and a day within it', ['2026', '2026-02-12', '2026'], true],
    ['a year and a month of the next', ['2025', '2026-01'], false],
    ['one that is older than one far before it', ['2024-05-01', '2026', '2024-06-01'], false],
    ['the same moment twice', ['2026-02-11T09:00:00Z', '2026-02-11T10:00:00+01:00'], true],
    ['what is no date anywhere', ['2026-02-11', 'soon', '2026-02-10'], true],
  ])('%s', (_, dates, expected) => {
    expect(isNewestFirst(dates)).toBe(expected);
  });
});

const result: DueRecord = { type: 'Observation', key: 'r1', encounter: 'v1', date: null };
const visit: DueRecord = { type: 'Encounter', key: 'v1', encounter: null, date: null };
const shown = (due: DueRecord, ledTo?: LedTo): ShownRecord => ({ type: due.type, key: due.key, resource: {}, ledTo });
const nobodyElse = () => false;

describe('a result in a chart', () => {
  test.each<[LedTo, string[]]>([
    [{ kind: 'encounter', key: 'v1' }, []],
    [{ kind: 'encounter', key: 'v2' }, ['1 Observation lead to another encounter than at the source']],
    [{ kind: 'stranger' }, ['1 Observation lead to another encounter than at the source']],
    [{ kind: 'gone' }, ['1 Observation name an encounter that cannot be opened at the target']],
    [{ kind: 'nowhere' }, ['1 Observation name no encounter']],
  ])('that leads to %j', (ledTo, notes) => {
    const { asked, faults } = judgeChart([visit, result], [shown(visit), shown(result, ledTo)], nobodyElse);
    expect([...asked]).toEqual(['chart-opens', 'result-encounter']);
    expect(faults.map(({ note }) => note)).toEqual(notes);
  });

  test('whose encounter did not land is not asked for it', () => {
    expect([...askedOf([{ ...result, encounter: null }])]).toEqual(['chart-opens']);
  });
});

describe('what cannot be asked', () => {
  const about = { check: 'chart-opens', connector: 'memory', datasets: ['labs'] };

  test('is never counted as passed, whatever else passed', () => {
    const line = workflowLine(about, { asked: 40, failed: 0, notVerifiable: 1 }, 'the target shows no charts');
    expect(line).toMatchObject({ verdict: 'not-verifiable', asked: 40, why: 'the target shows no charts' });
    expect(workflowLine(about, { asked: 40, failed: 1, notVerifiable: 1 }, 'x').verdict).toBe('failed');
    expect(workflowLine(about, { asked: 0, failed: 0, notVerifiable: 0 }, 'x')).toMatchObject({
      verdict: 'not-asked',
      why: null,
    });
  });

  test('keeps an item from the level, and is said of it', () => {
    const some = { records: 5, passed: 1, failed: 1, notDrawn: 2, chartless: 1, checksFailed: ['chart-opens'] };
    const { isWhole, said } = openedItem(some);
    expect(isWhole).toBe(false);
    expect(said).toBe(
      'of 5 records 1 in charts that were opened at the target and passed, 1 in charts that failed: chart-opens, ' +
        "2 in charts that were not drawn, 1 in nobody's chart",
    );
    expect(levelWith('fields', false)).toBe('fields');
    expect(levelWith('fields', true)).toBe('workflow');
    // Fields that were not all compared stay what they are.
    expect(levelWith('record', true)).toBe('record');
  });
});

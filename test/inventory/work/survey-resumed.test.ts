import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setImmediate as nextTick } from 'node:timers/promises';
import { silentLog } from '../../../runtime/log.ts';
import { openMetrics } from '../../../runtime/metrics.ts';
import type { Store } from '../../../runtime/store.ts';
import { runSubgraphs } from '../../../runtime/subgraph.ts';
import { pageOfFindings } from '../../../subgraphs/inventory/store/findings.ts';
import { latestSurvey, surveyDatasets } from '../../../subgraphs/inventory/store/surveys.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { House } from '../house.ts';
import { id, rest, SURVEY, stepsIn } from '../questions.ts';

/** Three chunks of the listing, many pages of the inspection. */
const ITEMS = 1_203;
/** The source falls silent behind so many listed or opened items: past one that is saved, before a second. */
const SAVED_OF_LIST = 700;
const SAVED_AT_ONCE = 100;
const RUNS_MAX = 100;

onEveryDialect('a survey whose process ends after each thing it saves', ({ enter }) => {
  let place: Place;
  let house: House;
  let store: Store;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
    store = house.database.store('inventory');
    for (let at = 0; at < ITEMS; at++) {
      house.source.put(
        `folder-${at % 7}/item ${at}.hl7`,
        `MSH|^~\\&|A|B|C|D|2026||ORM^O01|${at}|P|2.5\rORC|NW|${at}\r`,
      );
    }
    await stepsIn(() => house).declare(house.plan([rest]));
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });

  /** Lets the survey save once, then ends the process, until it is through. How often it was begun. */
  const surveyInSteps = async (): Promise<number> => {
    await house.ask(SURVEY, { id });
    const paths = [...house.source.files.keys()].sort();
    house.source.plant({ on: 'list', path: paths[SAVED_OF_LIST] ?? '', effect: { kind: 'hang' } });
    await surveyUntil(({ listed }) => listed > 0);
    for (let runs = 2; runs < RUNS_MAX; runs++) {
      const { inspected } = await latest();
      house.source.faults.clear();
      house.source.plant({ on: 'read', nth: SAVED_AT_ONCE + 1, effect: { kind: 'hang' } });
      const run = await surveyUntil((now) => now.inspected > inspected || now.state !== 'running');
      if (run.state !== 'running') return runs;
    }
    throw new Error('the survey does not come to an end');
  };
  /** Begins the survey where it stands, and ends its process when it has saved `what`. */
  const surveyUntil = async (what: (run: Awaited<ReturnType<typeof latest>>) => boolean) => {
    const { database, subgraph } = house;
    const running = runSubgraphs([subgraph], { database, log: silentLog, metrics: openMetrics() });
    try {
      for (;;) {
        const run = await latest();
        if (what(run)) return run;
        await nextTick();
      }
    } finally {
      await running.close();
    }
  };
  const latest = async () => {
    const run = await store.read((em) => latestSurvey(em, id));
    if (run === null) throw new Error('no survey');
    return run;
  };
  const result = async () => {
    const { id: surveyId, listed, inspected, unclaimedItems } = await latest();
    const [dataset] = await store.read((em) => surveyDatasets(em, surveyId));
    const findings = await store.read((em) => pageOfFindings(em, { migrationId: id }, 250, null));
    const { survey, items, bytes, contents } = dataset ?? {};
    return {
      listed,
      inspected,
      unclaimedItems,
      survey,
      items,
      bytes,
      contents,
      findings: findings.map(({ code, count }) => ({ code, count })),
    };
  };

  test('goes on where it was, and ends with what it would have found in one go', async () => {
    await house.running.close();
    const runs = await surveyInSteps();
    house.source.faults.clear();
    const inSteps = await result();
    expect(runs).toBeGreaterThan(ITEMS / SAVED_AT_ONCE);
    const again = runSubgraphs([house.subgraph], { database: house.database, log: silentLog, metrics: openMetrics() });
    await house.ask(SURVEY, { id });
    await again.settled();
    await again.close();
    expect(inSteps).toEqual(await result());
    expect(inSteps).toMatchObject({ listed: ITEMS, inspected: ITEMS, items: ITEMS });
  });
});

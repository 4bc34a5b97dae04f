/** The rules every connector keeps, by name, for any runner with `describe` and `test`, or for none. */
import type { Connector } from './connector.ts';
import { ACKNOWLEDGING } from './conformance/acknowledging.ts';
import { COMMITTING } from './conformance/committing.ts';
import { DECLARATION } from './conformance/declaration.ts';
import { ENDURING } from './conformance/enduring.ts';
import type { Harness, Runner } from './conformance/harness.ts';
import { SCENARIO_MAX_MS } from './conformance/limits.ts';
import { LISTING } from './conformance/listing.ts';
import { assess, judge, reasonToSkip, type Verdict } from './conformance/perform.ts';
import { READING } from './conformance/reading.ts';
import { reportOf, writeReport } from './conformance/report.ts';
import { RECORDING } from './conformance/recording.ts';
import type { Scenario } from './conformance/scenario.ts';
import { SETTINGS } from './conformance/settings.ts';
import { STAGING } from './conformance/staging.ts';
import { TRUSTING } from './conformance/trusting.ts';

export { folderPlace } from './conformance/folder-place.ts';
export type {
  Harness,
  Held,
  ItemForm,
  Means,
  Place,
  RecordForm,
  Runner,
  Trouble,
  TroubleKind,
} from './conformance/harness.ts';
export { FULL_ITEM_BYTES } from './conformance/limits.ts';
export { assess, type Verdict } from './conformance/perform.ts';
export { packageDigest } from './conformance/package-digest.ts';
export { reportOf, writeReport, type ConformanceReport } from './conformance/report.ts';
export type { Scenario } from './conformance/scenario.ts';
export { startTcpProxy, type TcpProxy } from './conformance/tcp-proxy.ts';

/** Every rule, in the order in which a connector is best written. */
export const SCENARIOS: readonly Scenario[] = [
  ...DECLARATION,
  ...SETTINGS,
  ...LISTING,
  ...READING,
  ...STAGING,
  ...COMMITTING,
  ...ACKNOWLEDGING,
  ...RECORDING,
  ...ENDURING,
  ...TRUSTING,
];

/**
 * Declares a test for every scenario; those that do not apply are skipped, with why. Where the harness names the
 * package and asks for it, the last test writes conformance.json.
 */
export function describeConnector<Config>(
  connector: Connector<Config>,
  { runner, ...harness }: Harness & { readonly runner: Runner },
): void {
  const any = connector as Connector;
  const verdicts: Verdict[] = [];
  const run = async (scenario: Scenario): Promise<void> => {
    const verdict = await judge(scenario, any, harness);
    verdicts.push(verdict);
    if (verdict.result === 'failed') throw new Error(verdict.why);
  };
  runner.describe(`${connector.id} keeps the connector contract`, () => {
    for (const scenario of SCENARIOS) {
      const title = `${scenario.name}: ${scenario.promise}`;
      const because = reasonToSkip(scenario, any, harness);
      if (because === undefined) runner.test(title, () => run(scenario), SCENARIO_MAX_MS);
      else runner.test.skip(`${title} (skipped: ${because})`, async () => {});
    }
    const { package: folder } = harness;
    if (harness.writesReport !== true || folder === undefined) return;
    const writeFound = async (): Promise<void> => {
      const skipped = SCENARIOS.filter((each) => reasonToSkip(each, any, harness) !== undefined);
      const all = [...verdicts, ...(await assess(any, harness, skipped))];
      const order = SCENARIOS.map(({ name }) => name);
      const sorted = all.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
      if (sorted.length !== SCENARIOS.length) throw new Error('some scenarios did not run; run them all');
      await writeReport(folder, await reportOf(any, harness, sorted));
    };
    runner.test('conformance.json says what was found', writeFound, SCENARIO_MAX_MS);
  });
}

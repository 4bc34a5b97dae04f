/** The rules every connector keeps, as tests that any runner with `describe` and `test` can run. */
import type { Connector } from './connector.ts';
import { describeBytesTarget } from './conformance/bytes-target.ts';
import { describeDeclaration } from './conformance/declaration.ts';
import type { Harness } from './conformance/harness.ts';
import { describeLoop } from './conformance/loop.ts';
import { describeRecordsTarget } from './conformance/records-target.ts';
import { describeSource } from './conformance/source.ts';

export type { Harness, Place, Runner } from './conformance/harness.ts';

/** Declares every test that the connector's roles and capabilities call for; the others are skipped, with why. */
export function describeConnector<Config>(connector: Connector<Config>, harness: Harness): void {
  harness.runner.describe(`${connector.id} keeps the connector contract`, () => {
    describeDeclaration(connector, harness);
    describeSource(connector, harness);
    describeBytesTarget(connector, harness);
    describeRecordsTarget(connector, harness);
    describeLoop(connector, harness);
  });
}

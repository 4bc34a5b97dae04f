import { afterAll, describe, test } from '@jest/globals';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness, skipped } from './conformance/harness.ts';
import connector from './index.ts';

afterAll(() => harness.close?.());

if (skipped !== undefined) test.skip(`sftp keeps the connector contract (skipped: ${skipped})`, () => {});
else describeConnector(connector, { runner: { describe, test }, ...harness });

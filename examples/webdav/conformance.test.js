import { after, describe, test } from 'node:test';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness, skipped } from './conformance/harness.js';
import connector from './index.js';

after(() => harness.close());

if (skipped !== undefined) test.skip(`webdav keeps the connector contract (skipped: ${skipped})`, () => {});
else describeConnector(connector, { runner: { describe, test }, ...harness });

import { describe, test } from '@jest/globals';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness } from './conformance/harness.ts';
import connector from './index.ts';

describeConnector(connector, { runner: { describe, test }, ...harness });

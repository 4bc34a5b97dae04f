import { describe, test } from 'node:test';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness } from './conformance/harness.js';
import connector from './index.js';

describeConnector(connector, { runner: { describe, test }, ...harness });

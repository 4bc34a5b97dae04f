/** The profile rest, by which a plan describes an API, keeps the contract of every connector for whole items. */
import { describe, test } from '@jest/globals';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { DESCRIPTIONS, restHarness } from './conformance/rest-harness.ts';
import connector from './index.ts';

/** This profile takes no records, and says so when it is given some. */
const ofBytes = { ...connector, capabilities: { ...connector.capabilities, shapes: ['bytes'] as const } };

describe.each(Object.entries(DESCRIPTIONS))('%s', (_what, description) => {
  describeConnector(ofBytes, { runner: { describe, test }, ...restHarness(description) });
});

/** A drop folder of an SFTP server keeps the contract of every connector, as one of this machine does. */
import { afterAll, describe, test } from '@jest/globals';
import { describeConnector } from '@waybill/connector-sdk/conformance';
import { harness, skipped } from './conformance/sftp.ts';
import connector from './index.ts';

afterAll(() => harness.close?.());

if (skipped !== undefined)
  test.skip(`hl7-file-drop over SFTP keeps the connector contract (skipped: ${skipped})`, () => {});
else describeConnector(connector, { runner: { describe, test }, ...harness });

/** What the host says of how an endpoint was reached, and of the tests of the connector that reached it. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { testedInWords, type Connected } from '../../../kernel/connected.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { examined } from '../../../plugins/host/conformance.ts';
import { Connections } from '../../../plugins/host/connected.ts';
import { openConnectorHost } from '../../../plugins/host/index.ts';
import sftp from '../../../plugins/sftp/index.ts';
import { packageDigest } from '../../../plugins/sdk/conformance.ts';
import type { Connector } from '../../../plugins/sdk/index.ts';
import { temporaryFolders } from '../../support/places.ts';
import { never } from './house.ts';

const freshFolder = temporaryFolders();

/** A package with a report that says so many of its scenarios passed and failed. */
async function packaged(change: object = {}): Promise<{ folder: string; report: string }> {
  const folder = freshFolder();
  writeFileSync(join(folder, 'package.json'), '{ "name": "waybill-connector-ledger" }');
  const about = { name: 'waybill-connector-ledger', version: '0.1.0', sha256: await packageDigest(folder) };
  const scenarios = [{ result: 'passed' }, { result: 'skipped' }];
  const told = { format: 1, connector: { id: 'ledger' }, kit: '1.1.0', package: about, scenarios, ...change };
  const report = JSON.stringify(told);
  writeFileSync(join(folder, 'conformance.json'), report);
  return { folder, report };
}

describe('the tests of a connector', () => {
  test('are what a report about its very files says, counted again', async () => {
    const { folder, report } = await packaged({ conforms: false });
    const found = await examined(folder, 'ledger', sha256(report));
    expect(found).toMatchObject({
      name: 'waybill-connector-ledger',
      tested: { sha256: sha256(report), conforms: true },
    });
    expect(String(found.report)).toBe(report);
  });

  test('are also what a report says that is about what was published of the folder it was written in', async () => {
    const { folder } = await packaged();
    const about = { sha256: 'a'.repeat(64), publishedSha256: await packageDigest(folder) };
    const report = JSON.stringify({
      ...JSON.parse(readFileSync(join(folder, 'conformance.json'), 'utf8')),
      package: about,
    });
    writeFileSync(join(folder, 'conformance.json'), report);
    expect((await examined(folder, 'ledger')).tested).toMatchObject({ sha256: sha256(report), conforms: true });
  });

  test.each([
    ['its conformance.json is about other files', async () => ({ ...(await packaged()), more: true })],
    ['its conformance.json is none', async () => packaged({ format: 7 })],
    ['its conformance.json is about other files', async () => packaged({ connector: { id: 'sftp' } })],
    ['its conformance.json is about other files', async () => packaged({ package: { sha256: 'a'.repeat(64) } })],
    ['its conformance.json is not the one approved', async () => ({ ...(await packaged()), approved: null })],
  ] as const)('are unknown, and that is said: %s', async (because, make) => {
    const made: { folder: string; more?: boolean; approved?: null } = await make();
    if (made.more === true) writeFileSync(join(made.folder, 'more.txt'), '');
    const { tested, report } = await examined(made.folder, 'ledger', made.approved);
    expect([testedInWords(tested), report]).toEqual([`no conformance report: ${because}`, undefined]);
  });
});

describe('a connection', () => {
  const told: Connected[] = [];
  const opened = (connector: Connector = sftp as Connector) => {
    told.length = 0;
    const tested = { sha256: null, because: 'the package has none' } as const;
    const of = { name: 'sftp', sha256: 'a'.repeat(64), tested };
    const telling = {
      connector,
      isolation: 'in-process',
      examined: of,
      role: 'target',
      secrets: ['wordless'],
    } as const;
    const connections = new Connections({ ...telling, tell: (connected) => told.push(connected) });
    connections.opened();
    return connections;
  };

  test('is told once for all that are like it, without any secret', () => {
    const connections = opened();
    for (const cipher of ['aes256-gcm', 'aes256-gcm', 'aes128-gcm']) connections.negotiated({ cipher, by: 'wordless' });
    connections.closed();
    expect(told.map(({ negotiated }) => negotiated)).toEqual([
      { cipher: 'aes256-gcm', by: '[secret]' },
      { cipher: 'aes128-gcm', by: '[secret]' },
    ]);
  });

  test('of which its connector says nothing is told as that', () => {
    const connections = opened();
    expect(told).toEqual([]);
    connections.closed();
    expect(told).toMatchObject([{ transport: 'ssh', negotiated: null }]);
  });

  test('that leaves this machine by no network is told at once, by the host itself', async () => {
    const host = await openConnectorHost({
      packages: ['@waybill/connector-memory'],
      spoolDirectory: freshFolder(),
      environment: () => undefined,
      log: () => {},
      clock: systemClock,
    });
    const heard: Connected[] = [];
    const endpoint = { connector: 'memory', config: { place: 'told' }, secrets: {} };
    await host.source({ ...endpoint, connected: (connected) => heard.push(connected) }, never());
    await host.close();
    expect(heard).toMatchObject([{ role: 'source', connector: { id: 'memory' }, transport: null, negotiated: null }]);
    expect(heard[0]?.connector.sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

test('equal secrets have equal fingerprints within one process, and in no other', async () => {
  const options = {
    packages: ['@waybill/connector-memory'],
    spoolDirectory: freshFolder(),
    environment: (name: string) => ({ ONE: 'the same words', TWO: 'the same words', THREE: 'others' })[name],
    log: () => {},
    clock: systemClock,
  };
  const [host, another] = [await openConnectorHost(options), await openConnectorHost(options)];
  const endpoint = { connector: 'memory', config: {}, secrets: { one: 'env:ONE', two: 'env:TWO', three: 'env:THREE' } };
  const { one, two, three } = await host.fingerprints(endpoint);
  expect(one).toBe(two);
  expect(three).not.toBe(one);
  expect((await another.fingerprints(endpoint))['one']).not.toBe(one);
  expect(one).not.toBe(sha256('the same words'));
});

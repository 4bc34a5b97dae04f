import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NO_CAPS } from '../../../kernel/bandwidth.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost } from '../../../plugins/host/index.ts';
import { forgetPlace } from '../../../plugins/memory/index.ts';
import { Bandwidth } from '../../../runtime/bandwidth.ts';
import { parsePolicy } from '../../../subgraphs/inventory/main.ts';
import { transferPolicy } from '../../../subgraphs/transfer/domain/plan.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { never, parcel, whole } from './house.ts';

const CAP = 65_536;
const POLICY = `transfer: {bandwidth: {zone: America/Chicago, route: {bytesPerSecondMax: ${CAP}}}}`;

let directory: string;
let host: ConnectorHost;
let ledger: number[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bandwidth-'));
  const bandwidth = new Bandwidth({ clock: systemClock });
  ledger = [];
  host = await openConnectorHost({
    packages: ['@waybill/connector-memory'],
    spoolDirectory: directory,
    environment: () => undefined,
    log: () => {},
    clock: systemClock,
    bandwidth: {
      connection(route, rules) {
        const connection = bandwidth.connection(route, rules);
        const pieces = async function* (bytes: Uint8Array, signal: AbortSignal) {
          for await (const piece of connection.pieces(bytes, signal)) {
            ledger.push(piece.byteLength);
            yield piece;
          }
        };
        return { isCapped: connection.isCapped, pieces, close: () => connection.close() };
      },
    },
  });
});

afterEach(async () => {
  await host.close();
  forgetPlace('bandwidth');
  await rm(directory, { recursive: true });
});

function endpoint(rules = NO_CAPS) {
  return { connector: 'memory', config: { place: 'bandwidth' }, secrets: {}, traffic: { route: 'mig', rules } };
}

function rulesOf(text: string) {
  const policy = parsePolicy(text);
  if (!policy.ok) throw new Error(policy.refusals[0]?.message);
  return transferPolicy(policy.value as unknown as Json).bandwidth;
}

test('what is written and what is read go through the bandwidth of the policy, whole and in small pieces', async () => {
  const target = await host.target(endpoint(rulesOf(POLICY)), never());
  const bytes = Buffer.alloc(40_000, 'waybill ');
  const one = parcel('a', bytes.byteLength);
  const staged = await target.stage(one, [bytes] as unknown as AsyncIterable<Uint8Array>, never());
  expect(ledger.reduce((sum, each) => sum + each)).toBe(bytes.byteLength);
  const { targetId } = await target.commit(one, staged, never());
  expect((await whole(target.read(targetId, 0, never()))).equals(bytes)).toBe(true);
  expect(ledger.reduce((sum, each) => sum + each)).toBe(2 * bytes.byteLength);
  expect(Math.max(...ledger)).toBeLessThanOrEqual(CAP / 4);
});

test('a read that waits for bandwidth stops when its caller does', async () => {
  const target = await host.target(endpoint(rulesOf(POLICY)), never());
  const stop = new AbortController();
  const one = parcel('a', CAP);
  const staging = target.stage(one, [Buffer.alloc(CAP * 100)] as unknown as AsyncIterable<Uint8Array>, stop.signal);
  stop.abort();
  await expect(staging).rejects.toMatchObject({ code: 'ABORTED' });
});

test('without caps nothing is counted, and a zone that does not exist is refused', async () => {
  const target = await host.target(endpoint(), never());
  await target.stage(parcel('a'), [Buffer.alloc(1)] as unknown as AsyncIterable<Uint8Array>, never());
  expect(ledger).toEqual([]);
  const refused = parsePolicy('transfer: {bandwidth: {zone: America/Chicagoo}}');
  expect(refused).toMatchObject({ ok: false, refusals: [{ code: 'ZONE_UNKNOWN' }] });
});

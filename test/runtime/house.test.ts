import { existsSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fixedClock } from '../../kernel/clock.ts';
import type { AuditEntry } from '../../kernel/event.ts';
import { Fault } from '../../kernel/fault.ts';
import { generateSigningKey, isSignedBy } from '../../kernel/signature.ts';
import { loadConfig } from '../../runtime/config.ts';
import { recordIsolation } from '../../runtime/isolation.ts';
import { addIdentity, openKeys, readIdentities } from '../../runtime/keys.ts';
import { errorFacts, openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import type { Store } from '../../runtime/store.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-house-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('keys', () => {
  test('are made once, for their owner alone, and are the same ever after', () => {
    const first = openKeys(directory);
    const again = openKeys(directory);
    expect(again.seal.keyId).toBe(first.seal.keyId);
    expect(again.log.keyId).not.toBe(first.seal.keyId);
    expect(again.record).toEqual(first.record);
    expect(again.record).toHaveLength(32);
    for (const name of ['seal.pem', 'log.pem', 'record.key']) {
      expect(statSync(join(directory, 'keys', name)).mode & 0o777).toBe(0o600);
    }
    const text = Buffer.from('a manifest');
    const pem = again.seal.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(isSignedBy(pem, text, first.seal.sign(text))).toBe(true);
  });

  test('know identities by their ids, each id once', () => {
    expect(readIdentities(directory).size).toBe(0);
    const olga = { id: 'olga', roles: ['operator' as const], publicKey: generateSigningKey().publicKey };
    addIdentity(directory, olga);
    addIdentity(directory, { ...olga, id: 'ada', roles: ['approver'] });
    expect(readIdentities(directory).get('olga')).toEqual(olga);
    expect([...readIdentities(directory).keys()]).toEqual(['olga', 'ada']);
    expect(() => addIdentity(directory, olga)).toThrow(expect.objectContaining({ code: 'IDENTITY_EXISTS' }));
  });

  test('refuse a registry that is damaged', () => {
    writeFileSync(join(directory, 'identities.json'), '[{"id":"olga","roles":["emperor"],"publicKey":"x"}]');
    expect(() => readIdentities(directory)).toThrow(expect.objectContaining({ code: 'IDENTITIES_INVALID' }));
  });
});

describe('settings', () => {
  test('have defaults that need nothing, and leave no trace when they are read', () => {
    const config = loadConfig({ environment: {}, directory });
    expect(config).toMatchObject({ databaseUrl: undefined, directory, port: 4000, anonymous: 'refused' });
    expect(existsSync(join(directory, 'keys'))).toBe(false);
    expect(config.requestKey).toHaveLength(32);
    expect(loadConfig({ environment: {}, directory }).requestKey).toEqual(config.requestKey);
  });

  test('come from the environment, and say which one is wrong', () => {
    const environment = {
      WAYBILL_DATABASE_URL: 'postgres://h/d',
      PORT: '0',
      WAYBILL_CONNECTORS: `a, "/opt/our connectors/b, c"  '/opt/d "e"', /opt/o'f,`,
      WAYBILL_SPOOL_MAX_BYTES: '1000000',
      WAYBILL_CONNECTIONS_PER_MINUTE_MAX: '600',
      WAYBILL_REQUEST_KEY: 'k'.repeat(40),
      WAYBILL_ANONYMOUS: 'reader',
      WAYBILL_ISOLATION: 'namespaces',
      WAYBILL_BANDWIDTH_SHARE: '0.5',
    };
    const config = loadConfig({ environment, directory });
    expect(config).toMatchObject({
      databaseUrl: 'postgres://h/d',
      port: 0,
      connectors: ['a', '/opt/our connectors/b, c', '/opt/d "e"', "/opt/o'f"],
      lent: { spoolMaxBytes: 1_000_000, wireMaxBytes: undefined, connectionsPerMinuteMax: 600 },
      anonymous: 'reader',
      isolationLeast: 'namespaces',
      bandwidthShare: 0.5,
    });
    expect(config.requestKey).toHaveLength(32);
    expect(config.environment('PORT')).toBe('0');
    const wrong = {
      WAYBILL_DATABASE_URL: 'mysql://h',
      PORT: 'x',
      WAYBILL_REQUEST_KEY: 'short',
      WAYBILL_ANONYMOUS: 'king',
      WAYBILL_ISOLATION: 'none',
      WAYBILL_CONNECTORS: 'a "/opt/our connectors/b',
      WAYBILL_SPOOL_MAX_BYTES: '1 GiB',
      WAYBILL_WIRE_MAX_BYTES: '-1',
      WAYBILL_CONNECTIONS_PER_MINUTE_MAX: '1.5',
      WAYBILL_BANDWIDTH_SHARE: '0',
    };
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => loadConfig({ environment: { [name]: value }, directory })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', subject: name }),
      );
    }
  });
});

describe('the log', () => {
  const lines: string[] = [];
  const log = openLog(fixedClock(new Date('2026-01-31T09:30:00Z')), (line) => lines.push(line));

  test('writes one JSON object a line, scalars only, and cuts what is long', () => {
    log.info('a batch moved', {
      batch: 'b',
      items: 3,
      clean: true,
      patient: { name: 'x' } as never,
      long: 'y'.repeat(900),
    });
    const line = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    expect(line).toMatchObject({ at: '2026-01-31T09:30:00.000Z', level: 'info', batch: 'b', items: 3, clean: true });
    expect(line).not.toHaveProperty('patient');
    expect(`${line['long']}`.length).toBeLessThan(500);
  });

  test('tells a fault by its words, and of any other error only what it is and where', () => {
    const fault = new Fault({ code: 'TARGET_DOWN', retry: 'transient', message: 'the target is down', subject: 't' });
    expect(errorFacts(fault)).toMatchObject({ code: 'TARGET_DOWN', message: 'the target is down', subject: 't' });
    const facts = errorFacts(new TypeError('Cannot read Jane Doe'));
    expect(facts).toMatchObject({ code: 'UNEXPECTED', error: 'TypeError' });
    expect(JSON.stringify(facts)).not.toContain('Jane');
  });

  test('never throws, even when nothing can be written', () => {
    const broken = openLog(fixedClock(new Date(0)), () => {
      throw new Error('disk full');
    });
    expect(() => broken.error('anything')).not.toThrow();
  });
});

test('the record office hears of every third-party connector how far it is kept apart, at every start', async () => {
  const entries: AuditEntry[] = [];
  const unit = { audit: (entry: AuditEntry) => void entries.push(entry) };
  const store = { subgraph: 'transfer', transact: (work: (of: unknown) => unknown) => work(unit) } as unknown as Store;
  const part = { store, clock: fixedClock(new Date(0)), random: randomBytes };
  const connectors = [
    { id: 'sftp', version: '1.0.0', isolation: 'in-process' },
    { id: 'ledger', version: '2.0.0', isolation: 'namespaces' },
  ];
  await recordIsolation(part, connectors);
  await recordIsolation(part, connectors);
  const said = {
    action: 'connector-isolated',
    actor: 'service:transfer',
    subject: 'ledger@2.0.0',
    reason: 'namespaces',
  };
  expect(entries).toMatchObject([said, said]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(2);
});

test('metrics are Prometheus text', () => {
  const metrics = openMetrics();
  metrics.count('items_total', { dataset: 'a"b' });
  metrics.count('items_total', { dataset: 'a"b' }, 2);
  metrics.gauge('batches', 4);
  metrics.observe('read_seconds', 0.05, { connector: 'sftp' });
  const text = metrics.text();
  expect(text).toContain('# TYPE waybill_items_total counter\nwaybill_items_total{dataset="a_b"} 3\n');
  expect(text).toContain('# TYPE waybill_batches gauge\nwaybill_batches 4\n');
  expect(text).toContain('waybill_read_seconds_bucket{connector="sftp",le="0.1"} 1\n');
  expect(text).toContain('waybill_read_seconds_count{connector="sftp"} 1\n');
});

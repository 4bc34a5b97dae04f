import { afterEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type EndpointSettings } from '../../../plugins/host/index.ts';
import type { Source, Target } from '../../../plugins/sdk/index.ts';
import { listedBeforeFailing, never, once, parcel, whole } from '../host/house.ts';
import {
  startStrangeServer,
  type StrangeServer,
  type Strangeness,
} from '../../../plugins/peers/strange-sftp-server.ts';

const CONTENT = randomBytes(700_000);
const PLAIN: Strangeness = {
  password: 'open sesame',
  method: 'password',
  names: ['.', '..', 'file'],
  content: CONTENT,
  statedBytes: CONTENT.byteLength,
  answerMaxBytes: 32 * 1024,
  failsToClose: false,
};

describe('a strange SFTP server', () => {
  let server: StrangeServer;
  let host: ConnectorHost;
  let directory: string;
  afterEach(async () => {
    await host.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  async function start(strangeness: Partial<Strangeness>): Promise<EndpointSettings> {
    directory = await mkdtemp(join(tmpdir(), 'strange-'));
    server = await startStrangeServer({ ...PLAIN, ...strangeness });
    host = await openConnectorHost({
      packages: ['@waybill/connector-sftp'],
      spoolDirectory: directory,
      environment: () => PLAIN.password,
      log: () => {},
      clock: systemClock,
      limits: { backoffFirstMs: 1, backoffMostMs: 2 },
    });
    const config = { host: '127.0.0.1', port: server.port, user: 'u', root: '/', hostKey: server.hostKey };
    return { connector: 'sftp', config, secrets: { password: 'env:PASSWORD' } };
  }

  async function open(strangeness: Partial<Strangeness>): Promise<Source> {
    const endpoint = await start(strangeness);
    return host.source(endpoint, never());
  }

  async function openTarget(strangeness: Partial<Strangeness>): Promise<Target> {
    const endpoint = await start(strangeness);
    return host.target(endpoint, never());
  }

  test.each(['password', 'keyboard-interactive'] as const)('lets a password in by %s', async (method) => {
    const source = await open({ method });
    expect(Buffer.compare(await whole(source.read('file', 0, never())), CONTENT)).toBe(0);
  });

  test('that answers with less than was asked for is asked for the rest', async () => {
    const source = await open({ answerMaxBytes: 1_001 });
    expect(Buffer.compare(await whole(source.read('file', 0, never())), CONTENT)).toBe(0);
    expect(Buffer.compare(await whole(source.read('file', 123_456, never())), CONTENT.subarray(123_456))).toBe(0);
  });

  test('that says nothing of larger requests is asked for no more at a time than every server takes', async () => {
    const source = await open({ answerMaxBytes: CONTENT.byteLength });
    expect(Buffer.compare(await whole(source.read('file', 0, never())), CONTENT)).toBe(0);
    expect(server.askedMaxBytes).toBe(32 * 1024);
  });

  test('that ends a file before its size is not believed', async () => {
    const source = await open({ statedBytes: CONTENT.byteLength + 1 });
    await expect(whole(source.read('file', 0, never()))).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' });
  });

  test('that finds at the end that it cannot store what it took has staged nothing', async () => {
    const target = await openTarget({ failsToClose: true });
    await expect(target.stage(parcel('a'), once('x'), never())).rejects.toMatchObject({
      retry: 'transient',
    });
  });

  test('whose names would leave the root is refused, after its other names were listed', async () => {
    const source = await open({ names: ['.', '..', 'a', '../../etc/passwd', '', 'b'] });
    const { paths, failure } = await listedBeforeFailing(source);
    const told = {
      code: 'PATH_REFUSED',
      message: expect.stringContaining(Buffer.from('../../etc/passwd').toString('hex')),
    };
    expect(failure).toMatchObject(told);
    expect(paths).toEqual(['a', 'b']);
  });
});

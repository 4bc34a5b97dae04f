/** A connector of its own process connects where its endpoint lists it, by the host, and nowhere else. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allowedAddresses, isPlace, type AllowedPlace } from '../../../plugins/host/isolate/allow-list.ts';
import { Broker, type Resolve } from '../../../plugins/host/isolate/broker.ts';
import { isolatedConnector } from '../../../plugins/host/isolate/connector.ts';
import { explaining } from '../../../plugins/host/isolate/unlisted.ts';
import type { LentContext } from '../../../plugins/host/isolate/services.ts';
import { isolationHere } from '../../../plugins/host/isolate/tried.ts';
import { assess, SCENARIOS } from '../../../plugins/sdk/conformance.ts';
import { ConnectorError, type Connector } from '../../../plugins/sdk/index.ts';
import { harness as folders, skipped } from '../../../plugins/sftp/conformance/harness.ts';
import { once as bytesOf, whole } from './house.ts';

describe('an allow-list', () => {
  const listed: readonly AllowedPlace[] = [
    { host: '10.20.0.0/16', port: 22 },
    { host: '2001:4860::/32', port: 443 },
    { host: 'files.example.org', port: 443 },
    { host: '0.0.0.0/0', port: 80 },
    { host: '169.254.169.254', port: 81 },
  ];
  test.each([
    ['an address in a range', '10.20.3.4', 22, '10.20.3.4', true],
    ['an address beside the range', '10.21.3.4', 22, '10.21.3.4', false],
    ['another port', '10.20.3.4', 23, '10.20.3.4', false],
    ['an IPv4 address written as IPv6', '::ffff:10.20.3.4', 22, '::ffff:10.20.3.4', true],
    ['one that is so written and is not listed', '::ffff:127.0.0.1', 22, '::ffff:127.0.0.1', false],
    ['an IPv6 address in a range', '2001:4860:4860::8888', 443, '2001:4860:4860::8888', true],
    ['a public address of a listed name', 'FILES.example.org.', 443, '8.8.8.8', true],
    ['a public address of another name', 'other.example.org', 443, '8.8.8.8', false],
    ['a listed name that leads to this machine', 'files.example.org', 443, '127.0.0.1', false],
    ['a listed name that leads to this machine by IPv6', 'files.example.org', 443, '::1', false],
    ['a listed name that leads into a private network', 'files.example.org', 443, '192.168.1.1', false],
    ['a listed name that leads to a metadata service', 'files.example.org', 443, '169.254.169.254', false],
    ['a listed name that leads around by NAT64', 'files.example.org', 443, '64:ff9b::7f00:1', false],
    ['a public address where all are listed', '8.8.8.8', 80, '8.8.8.8', true],
    ['this machine where all are listed', '127.0.0.1', 80, '127.0.0.1', false],
    ['a metadata service where all are listed', '169.254.169.254', 80, '169.254.169.254', false],
    ['a metadata service that is listed itself', 'metadata', 81, '169.254.169.254', true],
    ['a neighbour by an interface', 'fe80::1%lo', 80, 'fe80::1%lo', false],
    ['what is no address', 'files.example.org', 443, 'nonsense', false],
  ])('judges %s', (_what, host, port, address, isAllowed) => {
    expect(allowedAddresses(listed, host, port, [address])).toEqual(isAllowed ? [address] : []);
  });

  test.each([
    ['10.0.0.0/8', 22, true],
    ['10.0.0.0/33', 22, false],
    ['10.0.0.0/', 22, false],
    ['10.0.0.0/8/8', 22, false],
    ['fe80::1%lo', 22, false],
    ['256.1.1.1', 22, false],
    ['0x7f.1', 22, false],
    ['files.example.org', 443, true],
    ['files.example.org', 0, false],
    ['files.example.org', 65_536, false],
    ['-a.example.org', 443, false],
    ['https://files.example.org', 443, false],
    ['*', 443, false],
    ['', 443, false],
  ])('may hold %s with port %s: %s', (host, port, isSound) => {
    expect(isPlace({ host, port })).toBe(isSound);
  });
});

describe('the broker', () => {
  async function echo(): Promise<number> {
    const server = createServer((socket) => socket.pipe(socket));
    server.unref();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }
  const brokerFor = (allowed: readonly AllowedPlace[], resolved?: Resolve) =>
    new Broker({ allowed, log: () => {}, resolve: resolved });

  test('carries bytes both ways, and each direction ends by itself', async () => {
    const port = await echo();
    const broker = brokerFor([{ host: '127.0.0.1', port }]);
    const connected = await broker.connect('127.0.0.1', port, bytesOf('there and back'));
    if ('refused' in connected) throw new Error(connected.refused);
    expect((await whole(broker.bytes(connected.connection) ?? bytesOf(''))).toString()).toBe('there and back');
    broker.close();
  });

  test('asks for the address of a name once, and connects to the address that it judged', async () => {
    const port = await echo();
    const answers = [['192.168.1.1', '127.0.0.1'], ['127.0.0.2']];
    let asked = 0;
    const rebinding: Resolve = async () => answers[asked++] ?? [];
    const listed = ['127.0.0.1', 'rebinding.example'].map((host) => ({ host, port }));
    const broker = brokerFor(listed, rebinding);
    expect(await broker.connect('rebinding.example', port, bytesOf(''))).toHaveProperty('connection');
    expect(asked).toBe(1);
    expect(await broker.connect('rebinding.example', port, bytesOf(''))).toEqual({ refused: 'EACCES' });
    broker.close();
  });

  test('asks nobody for a name that is not listed, so that none is told anything by it', async () => {
    const port = await echo();
    const asked: string[] = [];
    const broker = brokerFor([{ host: '127.0.0.0/8', port }], async (host) => {
      asked.push(host);
      return ['127.0.0.1'];
    });
    for (const host of ['a-secret.example', 'localhost', '2130706433', '0x7f.1', '']) {
      expect(await broker.connect(host, port, bytesOf(''))).toEqual({ refused: 'EACCES' });
    }
    expect(asked).toEqual([]);
    broker.close();
  });

  test('looks up one name after the other, since Node has few threads for it', async () => {
    let [looking, most] = [0, 0];
    const slow: Resolve = async () => {
      most = Math.max(most, ++looking);
      await new Promise((resolve) => setTimeout(resolve, 5));
      looking--;
      return [];
    };
    const broker = brokerFor([{ host: 'files.example.org', port: 443 }], slow);
    const once = () => broker.connect('files.example.org', 443, bytesOf(''));
    await Promise.all([once(), once(), once()]);
    expect(most).toBe(1);
    broker.close();
  });

  test('says with the code of a socket why it does not connect', async () => {
    const listed = ['127.0.0.1', 'nowhere.example'].map((host) => ({ host, port: 1 }));
    const broker = brokerFor(listed, async () => Promise.reject(new Error('no such name')));
    expect(await broker.connect('127.0.0.1', 1, bytesOf(''))).toEqual({ refused: 'ECONNREFUSED' });
    expect(await broker.connect('nowhere.example', 1, bytesOf(''))).toEqual({ refused: 'ENOTFOUND' });
    broker.close();
  });

  test('carries no more than it may both ways, and then nothing, and it is said what to do', async () => {
    const port = await echo();
    const logged: string[] = [];
    const log = (fact: string): void => void logged.push(fact);
    const broker = new Broker({ allowed: [{ host: '127.0.0.1', port }], log, wireMaxBytes: 30 });
    const why = explaining(broker, {});
    const connected = await broker.connect('127.0.0.1', port, bytesOf('there and back'));
    if ('refused' in connected) throw new Error(connected.refused);
    expect(await whole(broker.bytes(connected.connection) ?? bytesOf(''))).toHaveLength(14);
    expect(why('as it was')).toBe('as it was');
    await broker.connect('127.0.0.1', port, bytesOf('too much'));
    expect(await broker.connect('127.0.0.1', port, bytesOf(''))).toEqual({ refused: 'EDQUOT' });
    expect(why(new Error('it is lost'))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/30 bytes.*WAYBILL_WIRE_MAX_BYTES/),
    });
    expect(logged.filter((fact) => fact === 'connector-wire-full')).toHaveLength(1);
  });

  test('opens no more connections a minute than it may, looks up no more, and it is said what to do', async () => {
    const port = await echo();
    const asked: string[] = [];
    let nowMs = 0;
    const broker = new Broker({
      ...{ allowed: ['127.0.0.1', 'files.example.org'].map((host) => ({ host, port })), log: () => {} },
      ...{ connectionsPerMinuteMax: 6, nowMs: () => nowMs },
      resolve: async (host) => {
        asked.push(host);
        return [];
      },
    });
    const why = explaining(broker, {});
    const opened = async (host: string, times: number): Promise<readonly string[]> => {
      const answers: string[] = [];
      for (let at = 0; at < times; at++) {
        const answer = await broker.connect(host, port, bytesOf(''));
        answers.push('refused' in answer ? answer.refused : 'opened');
      }
      return answers;
    };
    // What is refused by the list costs nothing.
    expect(await opened('127.0.0.2', 10)).not.toContain('EAGAIN');
    expect(await opened('127.0.0.1', 5)).toEqual(Array(5).fill('opened'));
    expect(await opened('files.example.org', 3)).toEqual(['ENOTFOUND', 'EAGAIN', 'EAGAIN']);
    expect(asked).toHaveLength(1);
    expect(why(new Error('it is lost'))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/6 connections a minute.*WAYBILL_CONNECTIONS_PER_MINUTE_MAX/),
    });
    nowMs += 20_000;
    expect(await opened('127.0.0.1', 3)).toEqual(['opened', 'opened', 'EAGAIN']);
    nowMs += 3_600_000;
    expect(await opened('127.0.0.1', 7)).toEqual([...Array(6).fill('opened'), 'EAGAIN']);
    broker.close();
  });

  test('keeps no more connections than it may, and none when it is closed', async () => {
    const port = await echo();
    const broker = brokerFor([{ host: '127.0.0.1', port }]);
    const open = new Promise<never>(() => {});
    const silent = async function* () {
      yield await open;
    };
    const connected = await Promise.all(Array.from({ length: 70 }, () => broker.connect('127.0.0.1', port, silent())));
    expect(connected.filter((each) => 'connection' in each)).toHaveLength(64);
    const bytes = broker.bytes(0);
    broker.close();
    await expect(whole(bytes ?? bytesOf(''))).rejects.toThrow();
  });
});

describe('what failed for a place that is not listed', () => {
  async function said(host: string, error: unknown, allowed: readonly AllowedPlace[] = []): Promise<unknown> {
    const broker = new Broker({ allowed, log: () => {}, resolve: async () => ['192.168.1.1'] });
    const why = explaining(broker, { baseUrl: 'https://Ledger.example/import' });
    await broker.connect(host, 443, bytesOf(''));
    return why(error);
  }
  const lost = new ConnectorError('UNAVAILABLE', 'it is lost (EACCES)');
  const listed = [{ host: 'ledger.example', port: 443 }];

  test.each([
    [
      'is named, with what to list',
      'ledger.example',
      [],
      /^it may not connect to ledger\.example, port 443, .*list it/,
    ],
    ['is named where its name leads inside', 'ledger.example', listed, /no public address; list its addresses beside/],
    ['is not named where the plan does not name it', 'jane-doe.example', [], /^it asked for a place on port 443 /],
  ] as const)('%s', async (_, host, allowed, message) => {
    const error = await said(host, lost, allowed);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('jane-doe');
  });

  test('is told of what nobody foresaw too, and not of what may have been done or came before', async () => {
    expect(await said('ledger.example', new Error('EACCES'))).toMatchObject({ code: 'CONFIG_INVALID' });
    const doubtful = new ConnectorError('OUTCOME_UNKNOWN', 'it is lost');
    expect(await said('ledger.example', doubtful)).toBe(doubtful);
    const broker = new Broker({ allowed: [], log: () => {} });
    await broker.connect('ledger.example', 443, bytesOf(''));
    expect(explaining(broker, {})(lost)).toBe(lost);
  });
});

describe('the contract', () => {
  const kept = ['read.together', 'read.in-chunks', 'stage.in-chunks', 'commit.after-restart', 'fault.lost-answer'];
  const conforming = skipped === undefined ? test : test.skip;
  afterAll(() => folders.close?.());

  conforming.each(kept)('is kept through the process and the broker: %s', async (name) => {
    const folder = resolve(import.meta.dirname, '..', '..', '..', 'plugins', 'sftp');
    const entry = pathToFileURL(join(folder, 'index.ts')).href;
    const { level } = await isolationHere();
    const isolated = toItsServer(await isolatedConnector({ folder, entry, level }));
    const scenarios = SCENARIOS.filter((each) => each.name === name);
    expect(await assess(isolated, folders, scenarios)).toEqual([expect.objectContaining({ result: 'passed' })]);
  });

  /** Lent the network that its settings lead to. */
  function toItsServer(connector: Connector): Connector {
    const lend = (config: unknown, context: LentContext): LentContext => {
      const { host, port } = config as AllowedPlace;
      return { ...context, network: [{ host, port }] };
    };
    return {
      ...connector,
      check: (config, context, signal) => connector.check(config, lend(config, context), signal),
      openSource: async (config, context, signal) => {
        const opened = await connector.openSource?.(config, lend(config, context), signal);
        if (opened === undefined) throw new Error('it is no source');
        return opened;
      },
      openTarget: async (config, context, signal) => {
        const opened = await connector.openTarget?.(config, lend(config, context), signal);
        if (opened === undefined) throw new Error('it is no target');
        return opened;
      },
    };
  }
});

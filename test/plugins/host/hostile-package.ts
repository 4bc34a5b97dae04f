/** A third-party package that tries to get out, or to take everybody down with it, and a house that approved it. */
import { createSocket } from 'node:dgram';
import { cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo, type ListenOptions } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { generateSigningKey, signerOf } from '../../../kernel/signature.ts';
import {
  approvedBytes,
  openConnectorHost,
  reviewed,
  saveLock,
  type ConnectorHost,
  type EndpointSettings,
  type IsolationLevel,
} from '../../../plugins/host/index.ts';

const CODE = join(import.meta.dirname, 'hostile');
const NATIVE = join(import.meta.dirname, '..', '..', '..', 'node_modules', '@swc', 'core-linux-x64-gnu');
export const SECRET = 'a-word-of-this-test';

/** Where the package may be pointed, as its settings. */
export interface Bait {
  readonly home: string;
  readonly hostPid: number;
  readonly machine: string;
  /** Services that greet: one that is listed, one that is not, one of IPv6, one whose name alone is listed. */
  readonly allowedPort: number;
  readonly port: number;
  readonly port6: number;
  readonly namedPort: number;
  readonly datagrams: number;
  readonly abstract: string;
  readonly native: string;
}

/** The package and what it would like to reach. */
export async function layBait(given: string): Promise<Bait & { readonly folder: string }> {
  const home = realpathSync(given);
  const folder = join(home, 'our, connectors', 'waybill-connector-hostile');
  cpSync(CODE, folder, { recursive: true });
  // Of dependencies nobody takes a digest.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(home, join(folder, 'node_modules', 'out'));
  for (const name of ['secret.txt', 'rubbish.txt']) writeFileSync(join(home, name), 'the house keeps this');
  const able = { resumeRead: true, listing: true, charts: true, remoteDigest: false, concurrencyMax: 4 };
  const capabilities = { ...able, shapes: ['records'] };
  const waybill = { apiVersion: 1, connectors: [{ id: 'hostile', roles: ['source', 'target'], capabilities }] };
  const named = { name: 'waybill-connector-hostile', version: '1.0.0', type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...named, exports: { '.': './index.js' }, waybill }));
  const abstract = `waybill-${process.pid}-${home}`;
  await greeter({ path: join(home, 'socket') });
  await greeter({ path: `\0${abstract}` });
  const [allowedPort, port, namedPort] = [await greeter(), await greeter(), await greeter()];
  const port6 = await greeter({ port: 0, host: '::1' });
  const datagrams = await answerer();
  const native = join(NATIVE, 'swc.linux-x64-gnu.node');
  const us = { hostPid: process.pid, machine: hostname() };
  return { home, folder, ...us, allowedPort, port, port6, namedPort, datagrams, abstract, native };
}

/** A service that greets; resolves to its port. */
async function greeter(at: ListenOptions = { port: 0 }): Promise<number> {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('welcome'),
  );
  server.unref();
  await once(server.listen(at), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Answers every datagram, as a name service that knows nothing would. */
async function answerer(): Promise<number> {
  const socket = createSocket('udp4');
  socket.unref();
  socket.on('message', (asked, { port, address }) => {
    const answer = Buffer.from(asked);
    answer[2] = 0x80;
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

export interface HostileHouse {
  readonly host: ConnectorHost;
  readonly log: { readonly fact: string; readonly facts: object | undefined }[];
  endpoint(config?: object): EndpointSettings;
}

/** How long a connector may be silent where that is looked at; elsewhere for as long as a busy machine may take. */
export const IMPATIENT_MS = 1_000;
const PATIENT_MS = 240_000;

/** A house that approved the package, on a machine that enforces `level`. */
export async function enterHostileHouse(
  { home, folder, allowedPort, namedPort }: Bait & { readonly folder: string },
  level: IsolationLevel,
  isolationLeast: IsolationLevel = level,
  idleDeadlineMs = PATIENT_MS,
): Promise<HostileHouse> {
  const people = ['olga', 'anna'].map((id) => ({ id, ...generateSigningKey(), roles: ['approver'] }));
  const found = await reviewed(folder);
  const approvals = people.map(({ id, privateKey }) => {
    return { by: id, signature: Buffer.from(signerOf(privateKey).sign(approvedBytes(found))).toString('base64') };
  });
  const lockPath = join(home, 'plugins.lock');
  await saveLock(lockPath, { format: 1, packages: [{ ...found, approvals }] });
  const log: { fact: string; facts: object | undefined }[] = [];
  const host = await openConnectorHost({
    packages: [folder],
    approvals: { lockPath, find: (id) => people.find((each) => each.id === id) },
    isolationLeast,
    isolationHere: async () => ({ level, ...(level === 'child-process' && { lacking: 'a wall' }) }),
    spoolDirectory: join(home, 'spool'),
    environment: (name) => (name === 'WORD' ? SECRET : undefined),
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    lent: { spoolMaxBytes: 400_000, wireMaxBytes: 1_000_000, connectionsPerMinuteMax: 60 },
    limits: { retriesMax: 0, resumesMax: 0, backoffFirstMs: 1, callDeadlineMs: PATIENT_MS, idleDeadlineMs },
  });
  const network = [
    { host: '127.0.0.1', port: allowedPort },
    { host: 'localhost', port: namedPort },
  ];
  const endpoint = (config = {}) => ({
    ...{ connector: 'hostile', config: { ...config }, secrets: { word: 'env:WORD' }, network },
  });
  return { host, log, endpoint };
}

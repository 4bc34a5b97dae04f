/** A third-party package that tries to get out, or to take everybody down with it, as its settings tell it to. */
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { generateSigningKey, signerOf } from '../../../kernel/signature.ts';
import {
  approvedBytes,
  openConnectorHost,
  reviewed,
  saveLock,
  type ConnectorHost,
} from '../../../plugins/host/index.ts';

const CODE = `
import { readFileSync, readdirSync, writeFileSync, symlinkSync, rmSync } from 'node:fs';
import { execSync, spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { join } from 'node:path';
import inspector from 'node:inspector';

const probes = {
  'reads a file of the system': () => readFileSync('/etc/passwd', 'utf8'),
  'reads the data folder of the house': ({ home }) => readFileSync(join(home, 'secret.txt'), 'utf8'),
  'lists the data folder of the house': ({ home }) => readdirSync(home).join(),
  'reads the environment of the host from the system': () => readFileSync('/proc/' + process.ppid + '/environ', 'utf8'),
  'finds the environment of the host in its own': () => process.env.HOUSE_SECRET || process.env.HOME || fail(),
  'writes into its own folder': () => writeFileSync(new URL('./more.js', import.meta.url), '1') ?? 'written',
  'writes into a temporary folder': () => writeFileSync('/tmp/waybill-probe-' + process.pid, '1') ?? 'written',
  'deletes what is the house\\'s': ({ home }) => rmSync(join(home, 'secret.txt')) ?? 'deleted',
  'makes a symlink that leads out': ({ home }) => symlinkSync(home, new URL('./out', import.meta.url)) ?? 'linked',
  'starts a shell': () => execSync('id').toString(),
  'starts a program': () => new Promise((resolve, reject) => {
    spawn('/bin/true').once('exit', () => resolve('started')).once('error', reject);
  }),
  'starts a thread': () => new Worker('1', { eval: true }) && 'started',
  'loads native code': () => process.dlopen({ exports: {} }, '/usr/lib/x86_64-linux-gnu/libc.so.6') ?? 'loaded',
  'opens a debugger': () => inspector.open(0, '127.0.0.1') ?? 'opened',
  'gives itself permission': () => process.permission.has('fs.write') ? 'permitted' : fail(),
  'opens a database where it may not': async ({ home }) => {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(join(home, 'x.db')).exec('create table a (b)') ?? 'opened';
  },
  'reads a secret that the plan does not name': (_, context) => context.secret('other'),
};
const fail = () => { throw new Error('nothing there'); };
const forever = () => { for (;;); };
const bad = {
  'throws': () => { throw new Error('a bug'); },
  'throws something that is no error': () => { throw 'text'; },
  'never answers': () => new Promise(() => {}),
  'never gives the processor back': forever,
  'ends its process': () => process.exit(0),
  'breaks its process': () => process.abort(),
  'rejects behind the back of its call': async () => {
    Promise.reject(new Error('later'));
    await new Promise((r) => setTimeout(r, 50));
  },
  'fills its heap': () => {
    const all = [];
    for (;;) all.push({ at: all.length, text: 'x'.repeat(100) + all.length });
  },
  'fills the memory': async () => {
    for (const all = []; ; all.push(Buffer.alloc(32e6, 1))) await new Promise((r) => setTimeout(r, 5));
  },
};
const places = new Map([['a.txt', Buffer.from('sound')]]);
export default {
  apiVersion: 1, id: 'hostile', title: 'Hostile', version: '1.0.0', roles: ['source'], secrets: ['word', 'other'],
  capabilities: { resumeRead: true, listing: false, shapes: [], remoteDigest: false, concurrencyMax: 4 },
  config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
  check: async (config, context) => ({ got: String(await probes[config.probe](config, context)) }),
  openSource: async (config, context) => ({
    async *list() {
      if (config.bad === 'lies about sizes') yield { path: 'a.txt', sizeBytes: -5 };
      else if (config.bad === 'lists a path that leads out') yield { path: '../a.txt', sizeBytes: 5 };
      else yield { path: 'a.txt', sizeBytes: 5 };
    },
    async *read(path) {
      if (config.bad === 'sends a chunk that is too large') yield Buffer.alloc(32e6);
      if (config.bad === 'writes rubbish to its socket') (await import('node:fs')).writeSync(3, Buffer.alloc(64, 255));
      if (config.bad === 'logs without end') for (let at = 0; at < 5000; at++) {
        for (let line = 0; line < 50; line++) context.log('noise', { at, line });
        yield Buffer.from('noise');
      }
      if (config.bad in bad) await bad[config.bad]();
      yield places.get(path) ?? Buffer.alloc(0);
    },
    close: async () => {},
  }),
};
`;

export interface HostileHouse {
  readonly host: ConnectorHost;
  /** Where the house keeps what is nobody else's business. */
  readonly home: string;
  readonly log: { readonly fact: string; readonly facts: object | undefined }[];
}

/** A house that approved the package, with short deadlines. */
export async function enterHostileHouse(given: string): Promise<HostileHouse> {
  const home = realpathSync(given);
  const folder = join(home, 'waybill-connector-hostile');
  mkdirSync(folder);
  writeFileSync(join(home, 'secret.txt'), 'the house keeps this');
  const capabilities = { resumeRead: true, listing: false, shapes: [], remoteDigest: false, concurrencyMax: 4 };
  const waybill = { apiVersion: 1, connectors: [{ id: 'hostile', roles: ['source'], capabilities }] };
  const manifest = {
    name: 'waybill-connector-hostile',
    version: '1.0.0',
    type: 'module',
    exports: { '.': './index.js' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, waybill }));
  writeFileSync(join(folder, 'index.js'), CODE);
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
    spoolDirectory: join(home, 'spool'),
    environment: (name) => (name === 'WORD' ? 'a-word-of-this-test' : undefined),
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    limits: { retriesMax: 0, resumesMax: 0, backoffFirstMs: 1, callDeadlineMs: 20_000, idleDeadlineMs: 2_000 },
  });
  return { host, home, log };
}

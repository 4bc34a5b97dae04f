/** Ways out of the process: each returns something when it has got out, and throws when it has not. */
import { createHook } from 'node:async_hooks';
import { execSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import * as fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer, connect } from 'node:net';
import { tmpdir, getPriority, hostname, networkInterfaces, setPriority } from 'node:os';
import { join } from 'node:path';
import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';

const ANSWER_MAX_MS = 30_000;
const SILENCE_MAX_MS = 700;
/** Nobody says no to these; where they do not get out, nothing comes. */
const SILENT = [
  'sends a datagram to this machine',
  'asks a name service by itself',
  'asks for a metadata service',
  'connects to an address that is not listed',
];
/** Of the link to the host; what lies below it goes nowhere. */
const SOCKET_FD = 3;
const SHELF_FD = 5;
const DESCRIPTORS_MAX = 1_024;
/** Node keeps /dev/null open for itself. */
const NULL_DEVICE = 0x103;
/** What a process is given on purpose: a language, a zone, and by bwrap the folder it is in. */
const GIVEN = ['LANG', 'TZ', 'PWD'];
const own = (name) => new URL(name, import.meta.url);
const fail = (why) => {
  throw new Error(why);
};
const undone = (done) => {
  done();
  return 'done';
};

/** The file in memory that its link goes by; it has no name. */
const isOfLink = (file) => file === SHELF_FD && fs.fstatSync(file).nlink === 0;

/** What is open in this process without being opened by it: descriptors beyond its link that are of such a kind. */
function inherited(isOfKind) {
  const found = [];
  for (let file = SOCKET_FD + 1; file < DESCRIPTORS_MAX; file++) {
    try {
      if (!isOfLink(file) && isOfKind(fs.fstatSync(file))) found.push(file);
    } catch (error) {
      if (error.code !== 'EBADF') throw error;
    }
  }
  return found.join() || fail('NOT_THERE');
}

/** What comes back from a service of the host, which greets whoever connects. */
async function greeting(...to) {
  const socket = connect(...to);
  const [bytes] = await once(socket, 'data');
  socket.destroy();
  return String(bytes);
}

/** What makes requests names its sockets otherwise than whoever connects one; the greeting is no answer to either. */
async function answered(request) {
  const [{ code }] = await once(request, 'error');
  return /^(HPE|ERR_SSL|EPROTO|ECONNRESET)/.test(code) ? code : fail(code);
}

/** Connects by the handle itself, around whatever was laid over sockets; needs one connection that is allowed. */
async function greetingAround({ allowedPort, port }) {
  let Request;
  const hook = createHook({
    init: (id, type, trigger, resource) => {
      if (type === 'TCPCONNECTWRAP') Request = resource.constructor;
    },
  }).enable();
  await greeting({ host: '127.0.0.1', port: allowedPort });
  hook.disable();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const handle = new server._handle.constructor(0);
  server.close();
  const request = new Request();
  const done = new Promise((resolve) => Object.assign(request, { oncomplete: resolve }));
  if (handle.connect(request, '127.0.0.1', port) !== 0) fail('REFUSED');
  return (await done) === 0 ? 'connected' : fail('REFUSED');
}

export const ESCAPES = {
  // First, before the others open something.
  'finds files or folders of the host open': () => inherited((kind) => kind.isFile() || kind.isDirectory()),
  'finds devices of the host open': () =>
    inherited((kind) => kind.isBlockDevice() || (kind.isCharacterDevice() && kind.rdev !== NULL_DEVICE)),
  'finds sockets of the host open': () => inherited((kind) => kind.isSocket()),
  'reads a file of the system': () => fs.readFileSync('/etc/passwd', 'utf8'),
  'reads the data folder of the house': ({ home }) => fs.readFileSync(join(home, 'secret.txt'), 'utf8'),
  'lists the data folder of the house': ({ home }) =>
    fs.readdirSync(home).includes('secret.txt') ? 'listed' : fail('NOT_THERE'),
  'reads through a symlink among its dependencies': () => fs.readFileSync(own('./node_modules/out/secret.txt'), 'utf8'),
  'reads the environment of the host': ({ hostPid }) => fs.readFileSync(`/proc/${hostPid}/environ`, 'utf8'),
  'reads the memory of the host': ({ hostPid }) => fs.openSync(`/proc/${hostPid}/mem`, 'r'),
  'reads the command line of the host': ({ hostPid }) => fs.readFileSync(`/proc/${hostPid}/cmdline`, 'utf8'),
  'walks into the root of the host': ({ hostPid }) => fs.readdirSync(`/proc/${hostPid}/root/etc`).join(),
  'finds the environment of the host in its own': () =>
    Object.keys(process.env)
      .filter((name) => !GIVEN.includes(name))
      .join() || fail('NOT_THERE'),
  'opens a disk of the machine': () => fs.openSync('/dev/vda', 'r'),
  'writes into its own folder': () => undone(() => fs.writeFileSync(own('./more.js'), '1')),
  'writes into a temporary folder': () => {
    const path = join(tmpdir(), `waybill-probe-${process.pid}`);
    return undone(() => fs.writeFileSync(path, '1') ?? fs.rmSync(path));
  },
  'fills a disk that lies in memory': () => {
    const path = `/dev/shm/waybill-probe-${process.pid}`;
    return undone(() => fs.writeFileSync(path, '1') ?? fs.rmSync(path));
  },
  'writes a setting of the kernel': () => {
    const path = '/proc/sys/kernel/hostname';
    return undone(() => fs.writeFileSync(path, fs.readFileSync(path)));
  },
  "deletes what is the house's": ({ home }) => undone(() => fs.rmSync(join(home, 'rubbish.txt'))),
  'makes a symlink that leads out': ({ home }) => undone(() => fs.symlinkSync(home, own('./out'))),
  'starts a shell': () => execSync('id').toString(),
  'starts a program': () =>
    new Promise((resolve, reject) => {
      spawn(process.execPath, ['-v'])
        .once('exit', () => resolve('started'))
        .once('error', reject);
    }),
  'starts many programs at once': async () => {
    await Promise.all([1, 2, 3, 4].map(() => once(spawn(process.execPath, ['-v']), 'exit')));
    return 'started';
  },
  'starts a thread': () => (new Worker('1', { eval: true }) ? 'started' : fail('NOT_THERE')),
  'loads native code': ({ native }) => undone(() => process.dlopen({ exports: {} }, native)),
  'asks Node for its bindings': () => Object.keys(process.binding('spawn_sync')).join() || fail('NOT_THERE'),
  'opens a debugger': () => undone(() => inspector.open(0, '127.0.0.1') ?? inspector.close()),
  'lets itself be debugged by a signal': async () => {
    process.kill(process.pid, 'SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return inspector.url() ?? fail('NOT_THERE');
  },
  'runs a system of its own (WASI)': async ({ home }) => {
    const { WASI } = await import('node:wasi');
    return new WASI({ version: 'preview1', preopens: { '/': home } }) && 'made';
  },
  'opens a database where it may not': async ({ home }) => {
    const { DatabaseSync } = await import('node:sqlite');
    return undone(() => new DatabaseSync(join(home, 'x.db')).exec('create table if not exists a (b)'));
  },
  'signals the host': ({ hostPid }) => undone(() => process.kill(hostPid, 0)),
  'slows the host down': ({ hostPid }) => undone(() => setPriority(hostPid, getPriority(hostPid))),
  'takes the rights of another user': () => undone(() => process.setgroups(process.getgroups())),
  'opens files without end': () => {
    const opened = [];
    try {
      for (let at = 0; at < 300; at++) opened.push(fs.openSync(own('./index.js'), 'r'));
    } finally {
      for (const file of opened) fs.closeSync(file);
    }
    return 'opened';
  },
  'sees the networks of the machine': () =>
    Object.keys(networkInterfaces()).some((name) => name !== 'lo') ? 'seen' : fail('NOT_THERE'),
  'learns the name of the machine': ({ machine }) => (hostname() === machine ? machine : fail('NOT_THERE')),
  'connects to a service of this machine': ({ port }) => greeting({ host: '127.0.0.1', port }),
  'connects to it as localhost': ({ port }) => greeting(port, 'localhost'),
  'connects to it by IPv6': ({ port6 }) => greeting({ host: '::1', port: port6 }),
  'connects to it by an IPv4 address inside of IPv6': ({ port }) => greeting({ host: '::ffff:127.0.0.1', port }),
  'connects to it by a number': ({ port }) => greeting({ host: '2130706433', port }),
  'connects to it by the address of nowhere': ({ port }) => greeting({ host: '0.0.0.0', port }),
  'connects to a port that is not listed': ({ port }) => greeting({ host: '127.0.0.1', port }),
  'asks it over HTTP': ({ port }) => answered(http.get({ host: '127.0.0.1', port })),
  'asks it over HTTPS': ({ port }) => answered(https.get({ host: '127.0.0.1', port })),
  'fetches from it': async ({ port }) => {
    const { cause } = await fetch(`http://127.0.0.1:${port}`).catch((error) => error);
    return cause.name === 'HTTPParserError' ? cause.name : fail(cause.code);
  },
  'connects by a listed name that leads to this machine': ({ namedPort }) => greeting(namedPort, 'localhost'),
  'connects around what was laid over sockets': greetingAround,
  'connects to a socket that is a file': ({ home }) => greeting(join(home, 'socket')),
  'connects to a socket that has a name only': ({ abstract }) => greeting(`\0${abstract}`),
  'sends a datagram to this machine': async ({ datagrams }) => {
    const socket = dgram.createSocket('udp4');
    socket.send(Buffer.alloc(12), datagrams, '127.0.0.1');
    await once(socket, 'message');
    socket.close();
    return 'answered';
  },
  'asks a name service by itself': async ({ datagrams }) => {
    const resolver = new Resolver({ timeout: 300, tries: 1 });
    resolver.setServers([`127.0.0.1:${datagrams}`]);
    const error = await resolver.resolve4('somewhere.example').catch((thrown) => thrown);
    return error.code === 'ENODATA' ? 'answered' : fail(error.code);
  },
  'asks for a metadata service': () => greeting({ host: '169.254.169.254', port: 80 }),
  'connects to an address that is not listed': () => greeting({ host: '192.0.2.1', port: 443 }),
  'reads a secret that the plan does not name': (_, context) => context.secret('other'),
};

/** `out: …` for each that got out, else why it did not. */
export async function attemptAll(facts, context) {
  const outcomes = {};
  for (const [name, attempt] of Object.entries(ESCAPES)) {
    const work = Promise.resolve().then(() => attempt(facts, context));
    const limitMs = SILENT.includes(name) ? SILENCE_MAX_MS : ANSWER_MAX_MS;
    const late = new Promise((resolve, reject) => setTimeout(reject, limitMs, new Error('SILENCE')));
    outcomes[name] = await Promise.race([work, late]).then(
      (got) => `out: ${String(got).length} characters`,
      (error) => String(error.code ?? error.message),
    );
  }
  return outcomes;
}

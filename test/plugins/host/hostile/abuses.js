/** Ways to take others down: each is done in the middle of a read. */
import { ftruncateSync, openSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

const SOCKET_FD = 3;
/** The file in memory that it shares with the host. */
const SHELF_FD = 5;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const forever = () => {
  for (;;);
};

/** Writes to the host past the link, at once: heads, with as many bytes after each as it says. */
function write(...texts) {
  const pieces = texts.flatMap((text) => {
    const head = Buffer.from(text);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(head.byteLength, 0);
    return [lengths, head];
  });
  writeSync(SOCKET_FD, Buffer.concat(pieces));
}
const frames = (...heads) => write(...heads.map((head) => JSON.stringify({ hasBytes: false, ...head })));
const begun = (at, method, kind = 'call') => ({ kind, id: 9_000 + at, mine: true, method, value: {} });
/** What is said of the only stream there is. */
const placed = (where) => ({ kind: 'bytes', id: 1, mine: false, placed: where });
const many = (count, head) => Array.from({ length: count }, (_, at) => head(at));

async function* repeated(count, length = 64 * 1024) {
  for (let at = 0; at < count; at++) yield Buffer.alloc(length);
}

/** Connects again and again, and fails once it is refused with that code. */
async function connectUntil(code, port, bytes) {
  for (let at = 0; at < 500; at++) {
    const socket = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.once('error', resolve).once('close', resolve));
    socket.resume().end(bytes);
    const error = await ended;
    if (error?.code === code) throw error;
  }
}

export const ABUSES = {
  throws: () => {
    throw new Error('a bug');
  },
  'throws something that is no error': () => {
    throw 'text';
  },
  'throws a secret': (context) => {
    const mark = { [Symbol.for('waybill.connector-error')]: true, code: 'AUTH_FAILED', retry: 'permanent' };
    throw Object.assign(new Error(`the word was ${context.secret('word')}`), mark);
  },
  'logs a secret': (context) => context.log('told', { word: `it is ${context.secret('word')}` }),
  'logs what is no fact': (context) => {
    context.log('f'.repeat(1e6), { long: 'x'.repeat(1e6), inside: { word: context.secret('word') }, count: 1 });
    context.log('bare', 'text');
  },
  'asks to connect without end': async () => {
    const refused = (_, at) => new Promise((done) => connect(at + 1, '192.0.2.1').once('error', done));
    for (let at = 0; at < 30; at++) await Promise.all(Array.from({ length: 50 }, refused));
  },
  'never answers': () => new Promise(() => {}),
  'never gives the processor back': forever,
  'takes the processor when nothing is asked of it': () => void setTimeout(forever, 100),
  'ends its process': () => process.exit(0),
  'breaks its process': () => process.abort(),
  'kills itself': () => process.kill(process.pid, 'SIGKILL'),
  'rejects behind the back of its call': async () => {
    Promise.reject(new Error('later'));
    await pause(50);
  },
  'fills its heap': () => {
    const all = [];
    for (;;) all.push({ at: all.length, text: 'x'.repeat(100) + all.length });
  },
  'fills the memory': async () => {
    for (const all = []; ; all.push(Buffer.alloc(32e6, 1))) await pause(5);
  },
  'fills the memory of WebAssembly': async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
    for (let at = 0; ; at++) {
      memory.grow(512);
      new Uint8Array(memory.buffer).fill(1, at * 512 * 65_536);
      await pause(5);
    }
  },
  'keeps files open without end': () => {
    for (;;) openSync(new URL(import.meta.url), 'r');
  },
  'writes rubbish to its socket': () => writeSync(SOCKET_FD, Buffer.alloc(64, 255)),
  'says that a frame is without end': () => writeSync(SOCKET_FD, Buffer.from('7fffffff7fffffff', 'hex')),
  'sends what is no JSON': () => write('{"kind":'),
  'sends what is no frame': () => write('null'),
  'sends a kind of frame that there is not': () => frames({ kind: 'any', id: 9_000, mine: true }),
  'answers calls that nobody made': () =>
    frames(...many(100, (at) => ({ kind: 'done', id: 9_000 + at, mine: false, value: 'unasked' }))),
  'answers calls a second time': () => frames({ kind: 'done', id: 0, mine: false, value: 'again' }),
  'calls what there is not': () =>
    frames(...['', 'open', 'constructor', '__proto__', 'toString'].map((method, at) => begun(at, method))),
  'calls without saying what for': () => frames({ kind: 'call', id: 9_000, mine: true, method: 'spool.write' }),
  'asks for a stream that there is not': () => frames(begun(0, '__proto__', 'stream')),
  'asks for the bytes of somebody else': () =>
    frames({ kind: 'stream', id: 9_000, mine: true, method: 'bytes', value: { offer: 0 } }),
  'begins calls without end': () => frames(...many(300, (at) => begun(at, 'spool.read', 'stream'))),
  'says that more was taken than was sent': () => {
    frames(begun(0, 'spool.read', 'stream'), { kind: 'taken', id: 9_000, mine: true, takenBytes: 1e15 });
  },
  'says that bytes lie where there can be none': () => frames(placed({ at: 1e15, sizeBytes: 5, upTo: 5 })),
  'says that bytes without end lie there': () => frames(placed({ at: 0, sizeBytes: 1e15, upTo: 5 })),
  'says that bytes lie there that nobody waits for': () =>
    frames({ ...placed({ at: 0, sizeBytes: 1e15, upTo: 1e15 }), id: 9_000 }),
  'says that more was read than was laid': () => frames({ kind: 'stop', id: 9_000, mine: true, readUpTo: 1e15 }),
  'says that bytes lie where it laid none': () =>
    frames(placed({ at: 4 * 1024 * 1024 - 65_536, sizeBytes: 65_536, upTo: 1 })),
  'fills the memory of the house with what both have open': () => {
    for (let at = 0; ; at += 1024 * 1024) writeSync(SHELF_FD, Buffer.alloc(1024 * 1024, 1), 0, 1024 * 1024, at);
  },
  'makes what both have open longer': () => ftruncateSync(SHELF_FD, 1e12),
  'fills the spool with one file': (context) => context.spool.write('one', repeated(1_000)),
  'fills the spool with short ones': async (context) => {
    for (let at = 0; at < 1_000; at++) await context.spool.write(`short-${at}`, repeated(1, 1));
  },
  'fills the memory of the house with what it spools': async (context) => {
    for (let at = 0; at < 1_000; at++) await context.spool.write(`held-${at}`, repeated(8), 'fleeting');
  },
  'sends without end to where it may': (_context, { allowedPort }) =>
    connectUntil('EDQUOT', allowedPort, Buffer.alloc(64 * 1024)),
  'opens one connection after the other where it may': (_context, { allowedPort }) =>
    connectUntil('EAGAIN', allowedPort, Buffer.alloc(0)),
  'sends what is no bytes': async function* () {
    yield { length: 5 };
  },
};

/** Reads that break one rule each, and the scenario that has to catch it. */
import { ConnectorError } from '../../../plugins/sdk/index.ts';
import { changed, gathered, pieces, placeIn, type Broken } from './broken.ts';

const NEVER = new AbortController().signal;

export const BROKEN_READS: readonly Broken[] = [
  [
    'drops the last chunk',
    'read.whole',
    'size in bytes: expected 11, found 0',
    {
      source: (sound) => ({
        async *read(path, offset, signal) {
          let held: Uint8Array | undefined;
          for await (const chunk of sound.read(path, offset, signal)) {
            if (held !== undefined) yield held;
            held = chunk;
          }
        },
      }),
    },
  ],
  [
    'turns line ends into others',
    'read.whole',
    'byte 10 differs',
    {
      source: (sound) => ({
        read: (path, offset, signal) =>
          changed(sound.read(path, offset, signal), (chunk) => chunk.map((byte) => (byte === 13 ? 10 : byte))),
      }),
    },
  ],
  [
    'leaves a mark where it reads',
    'read.whole',
    'the place after reading: expected',
    {
      source: (sound, config) => ({
        read: (path, offset, signal) => {
          placeIn(config).put(`${path}.seen`, '');
          return sound.read(path, offset, signal);
        },
      }),
    },
  ],
  [
    'ignores the offset',
    'read.from-offset',
    'from 1: size in bytes: expected 2999999',
    { source: (sound) => ({ read: (path, _, signal) => sound.read(path, 0, signal) }) },
  ],
  [
    'is one off at the offset',
    'read.from-offset',
    'from 1: size in bytes: expected 2999999',
    { source: (sound) => ({ read: (path, offset, signal) => sound.read(path, Math.max(0, offset - 1), signal) }) },
  ],
  [
    'fills one buffer again and again',
    'read.together',
    'note.txt: byte 0 differs',
    {
      source: (sound) => {
        const buffer = new Uint8Array(64 * 1024);
        return {
          async *read(path, offset, signal) {
            for await (const chunk of sound.read(path, offset, signal)) {
              buffer.set(chunk);
              yield buffer.subarray(0, chunk.byteLength);
            }
          },
        };
      },
    },
  ],
  [
    'reads an item into one chunk',
    'read.in-chunks',
    'a chunk of 41943040 bytes',
    {
      source: (sound) => ({
        async *read(path, offset, signal) {
          yield await gathered(sound.read(path, offset, signal));
        },
      }),
    },
  ],
  [
    'keeps what it has read',
    'read.in-chunks',
    'are still held in memory',
    {
      source: (sound) => {
        const kept: Uint8Array[] = [];
        return {
          read: (path, offset, signal) =>
            changed(sound.read(path, offset, signal), (chunk) => {
              kept.push(chunk);
              return chunk;
            }),
        };
      },
    },
  ],
  [
    'says that a missing item is empty',
    'read.missing',
    'expected a failure, found 0 bytes',
    {
      source: (sound) => ({
        read: (path, offset, signal) => (path.startsWith('missing') ? pieces() : sound.read(path, offset, signal)),
      }),
    },
  ],
  [
    'fails with a code of its own',
    'read.missing',
    'found the unknown code ENOENT',
    {
      source: () => ({
        async *read() {
          const error = new ConnectorError('ITEM_NOT_FOUND', 'not there');
          throw Object.assign(error, { code: 'ENOENT' });
        },
      }),
    },
  ],
  [
    'fails with an error of the system',
    'read.missing',
    'expected ITEM_NOT_FOUND, found Error: ENOENT',
    {
      source: () => ({
        async *read() {
          throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
        },
      }),
    },
  ],
  [
    'calls a permanent failure transient',
    'read.missing',
    'retry and class of ITEM_NOT_FOUND',
    {
      source: () => ({
        async *read() {
          throw Object.assign(new ConnectorError('ITEM_NOT_FOUND', 'not there'), { retry: 'transient' });
        },
      }),
    },
  ],
  [
    'lets a path lead out',
    'read.outside',
    'expected PATH_REFUSED, found ITEM_NOT_FOUND',
    {
      source: (sound) => ({
        read: (path, offset, signal) => sound.read(path.replace(/^.*\.\.\//, '') || 'x', offset, signal),
      }),
    },
  ],
  [
    'goes on reading when it is stopped',
    'read.stopped',
    'stopped before it began: expected a failure',
    { source: (sound) => ({ read: (path, offset) => sound.read(path, offset, NEVER) }) },
  ],
  [
    'stops only before it began',
    'read.stopped',
    'stopped in the middle: expected a failure',
    {
      source: (sound) => ({
        read: (path, offset, signal) => sound.read(path, offset, signal.aborted ? signal : NEVER),
      }),
    },
  ],
  [
    'can be read once only',
    'read.left-early',
    'read after leaving: size in bytes',
    {
      source: (sound) => {
        let isUsed = false;
        return {
          read: (path, offset, signal) => {
            const bytes = isUsed ? pieces() : sound.read(path, offset, signal);
            isUsed = true;
            return bytes;
          },
        };
      },
    },
  ],
  [
    'takes the end of a connection for the end of an item',
    'fault.cut-read',
    'the size of a read that ended well',
    {
      source: (sound) => ({
        async *read(path, offset, signal) {
          try {
            yield* sound.read(path, offset, signal);
          } catch (error) {
            if ((error as ConnectorError).code !== 'STREAM_TRUNCATED') throw error;
          }
        },
      }),
    },
  ],
  [
    'waits for a silent peer for ever',
    'fault.silence',
    'a read that was stopped: not within 200 ms',
    { source: (sound) => ({ read: (path, offset) => sound.read(path, offset, NEVER) }) },
  ],
];

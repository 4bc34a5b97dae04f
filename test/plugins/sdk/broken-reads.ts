/** Reads that break one rule each, and the scenario that has to catch it. */
import { ConnectorError } from '../../../plugins/sdk/index.ts';
import { changed, gathered, pieces, type Broken } from './broken.ts';

const NEVER = new AbortController().signal;

export const BROKEN_READS: readonly Broken[] = [
  [
    'drops the last chunk',
    'read.whole',
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
    {
      source: (sound) => ({
        read: (path, offset, signal) =>
          changed(sound.read(path, offset, signal), (chunk) => chunk.map((byte) => (byte === 13 ? 10 : byte))),
      }),
    },
  ],
  [
    'ignores the offset',
    'read.from-offset',
    { source: (sound) => ({ read: (path, _, signal) => sound.read(path, 0, signal) }) },
  ],
  [
    'is one off at the offset',
    'read.from-offset',
    { source: (sound) => ({ read: (path, offset, signal) => sound.read(path, Math.max(0, offset - 1), signal) }) },
  ],
  [
    'fills one buffer again and again',
    'read.together',
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
    {
      source: (sound) => ({
        read: (path, offset, signal) => (path.startsWith('missing') ? pieces() : sound.read(path, offset, signal)),
      }),
    },
  ],
  [
    'fails with a code of its own',
    'read.missing',
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
    {
      source: (sound) => ({
        read: (path, offset, signal) => sound.read(path.replace(/^.*\.\.\//, '') || 'x', offset, signal),
      }),
    },
  ],
  [
    'goes on reading when it is stopped',
    'read.stopped',
    { source: (sound) => ({ read: (path, offset) => sound.read(path, offset, NEVER) }) },
  ],
  [
    'stops only before it began',
    'read.stopped',
    {
      source: (sound) => ({
        read: (path, offset, signal) => sound.read(path, offset, signal.aborted ? signal : NEVER),
      }),
    },
  ],
  [
    'can be read once only',
    'read.left-early',
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
    { source: (sound) => ({ read: (path, offset) => sound.read(path, offset, NEVER) }) },
  ],
];

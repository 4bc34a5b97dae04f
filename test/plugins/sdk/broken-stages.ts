/** Stages that break one rule each, and the scenario that has to catch it. */
import { ConnectorError } from '../../../plugins/sdk/index.ts';
import { type Broken, changed, gathered, pieces, placeIn, saying, text, type Twist } from './broken.ts';

const NEVER = new AbortController().signal;

/** Keeps what is staged where it may be gone after a restart; what is committed then is what `find` gives. */
function fleeting(find: (staged: Promise<Buffer>) => Promise<Buffer>): Twist {
  return {
    target: (sound, _config, _log, spool) => ({
      stage: async (parcel, bytes) => {
        const sizeBytes = await spool.write(parcel.key, bytes, 'fleeting');
        return { key: parcel.key, sizeBytes, state: {} };
      },
      commit: async (parcel, _staged, signal) => {
        const whole = await find(gathered(spool.read(parcel.key)));
        return sound.commit(parcel, await sound.stage(parcel, pieces(whole), signal), signal);
      },
    }),
  };
}

export const BROKEN_STAGES: readonly Broken[] = [
  [
    'commits nothing where what it staged is gone',
    'fault.forgotten-stage',
    'the crosswalk: expected ["k1","k2"], found []',
    fleeting((staged) => staged.catch(() => Buffer.alloc(0))),
  ],
  [
    'waits for ever for what it staged and is gone',
    'fault.forgotten-stage',
    'expected "ITEM_NOT_FOUND", found "UNAVAILABLE"',
    fleeting((staged) =>
      staged.catch(() => {
        throw new ConnectorError('UNAVAILABLE', 'what was staged is not there yet');
      }),
    ),
  ],
  [
    'stages in the spool and does not declare it',
    'stage.in-spool',
    'does not declare `staging`',
    fleeting((staged) => staged),
  ],
  [
    'reports the size that was announced',
    'fault.stored-short',
    'the size that is reported',
    saying((staged) => ({ ...staged, sizeBytes: 9_999 })),
  ],
  [
    'reports a wrong digest',
    'stage.reports',
    'sha256 of empty.hl7',
    saying((staged) => ({ ...staged, sha256: '0'.repeat(64) })),
  ],
  [
    'reports no digest and declares one',
    'stage.reports',
    'found undefined',
    saying(({ sha256: _, ...staged }) => staged),
  ],
  [
    'reports a size one too small',
    'stage.reports',
    'sizeBytes of empty.hl7: expected 0, found -1',
    saying((staged) => ({ ...staged, sizeBytes: staged.sizeBytes - 1 })),
  ],
  [
    'keeps a date in its token, which JSON turns into text',
    'stage.token',
    'more than texts, numbers and booleans',
    saying((staged) => ({ ...staged, state: { at: new Date(0) as unknown as string } })),
  ],
  [
    'keeps the contents in its token',
    'stage.token',
    'the token quotes the contents',
    {
      target: (sound) => ({
        stage: async (parcel, bytes, signal) => {
          const whole = await gathered(bytes);
          return {
            ...(await sound.stage(parcel, pieces(whole), signal)),
            state: { whole: text(whole.subarray(0, 500)) },
          };
        },
      }),
    },
  ],
  [
    'shows what is only half written',
    'stage.unseen',
    'listed while half staged',
    {
      target: (sound, config) => ({
        stage: (parcel, bytes, signal) =>
          sound.stage(
            parcel,
            changed(bytes, (chunk) => {
              placeIn(config).put(parcel.path, chunk);
              return chunk;
            }),
            signal,
          ),
      }),
    },
  ],
  [
    'shows what is staged',
    'stage.unseen',
    'the look-up of what is staged',
    {
      target: (sound) => ({
        stage: async (parcel, bytes, signal) => {
          const whole = await gathered(bytes);
          const staged = await sound.stage(parcel, pieces(whole), signal);
          await sound.commit(parcel, staged, signal);
          return sound.stage(parcel, pieces(whole), signal);
        },
      }),
    },
  ],
  [
    'takes a broken stream for a whole one',
    'stage.broken-stream',
    'stage: expected a failure',
    {
      target: (sound) => ({
        stage: async (parcel, bytes, signal) => {
          const kept: Uint8Array[] = [];
          try {
            for await (const chunk of bytes) kept.push(chunk);
          } catch {}
          return sound.stage(parcel, pieces(...kept), signal);
        },
      }),
    },
  ],
  [
    'goes on staging when it is stopped',
    'stage.stopped',
    'stopped before it began: expected a failure',
    { target: (sound) => ({ stage: (parcel, bytes) => sound.stage(parcel, bytes, NEVER) }) },
  ],
  [
    'stops only before it began',
    'stage.stopped',
    'stopped in the middle: expected a failure',
    {
      target: (sound) => ({
        stage: (parcel, bytes, signal) => sound.stage(parcel, bytes, signal.aborted ? signal : NEVER),
      }),
    },
  ],
  [
    'lets a path lead out',
    'stage.outside',
    '"": expected a failure',
    {
      target: (sound) => ({
        stage: (parcel, bytes, signal) => sound.stage({ ...parcel, path: 'inside' }, bytes, signal),
      }),
    },
  ],
  [
    'takes paths of any length',
    'stage.outside',
    '"aaaaaaaaaaaaaaaaaaaa": expected a failure',
    {
      target: (sound) => ({
        stage: (parcel, bytes, signal) => sound.stage({ ...parcel, path: parcel.path.slice(0, 4_000) }, bytes, signal),
      }),
    },
  ],
  [
    'keeps what was discarded',
    'stage.discarded',
    'commit: expected a failure',
    { target: () => ({ discard: async () => {} }) },
  ],
];

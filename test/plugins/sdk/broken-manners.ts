/** Connectors that declare, configure or talk wrongly, and the scenario that has to catch it. */
import { ConnectorError, type Connector } from '../../../plugins/sdk/index.ts';
import { gathered, pieces, type Broken } from './broken.ts';

const NEVER = new AbortController().signal;

/** Lays a change over what its schema answers. */
function validating(validate: (value: unknown, sound: Connector) => unknown): (sound: Connector) => Partial<Connector> {
  return (sound) => ({
    config: {
      '~standard': { ...sound.config['~standard'], validate: (value: unknown) => validate(value, sound) as never },
    },
  });
}

export type BrokenManner = readonly [
  what: string,
  scenario: string,
  why: string,
  twist: (sound: Connector) => Partial<Connector>,
];

const asked = (sound: Connector, value: unknown) => sound.config['~standard'].validate(value);

export const BROKEN_MANNERS: readonly BrokenManner[] = [
  ['has a version that is none', 'manifest.declares', 'the version is not semantic', () => ({ version: 'newest' })],
  [
    'declares a role that it does not open',
    'manifest.declares',
    'opens as a source: expected true',
    () => ({ openSource: undefined as never }),
  ],
  [
    'can do more than its manifest says',
    'manifest.agrees',
    'connectors: expected',
    ({ capabilities }) => ({ capabilities: { ...capabilities, concurrencyMax: 64 } }),
  ],
  [
    'ignores settings that it does not know',
    'config.unknown-setting',
    'an unknown setting was accepted',
    validating((value, sound) => asked(sound, { place: (value as { place: string }).place })),
  ],
  [
    'takes anything for settings',
    'config.no-object',
    'undefined was accepted',
    validating((value) => ({ value: Object(value) })),
  ],
  [
    'invents a setting that is missing',
    'config.missing-setting',
    'nothing is needed',
    validating((value, sound) => asked(sound, { place: 'default', ...(value as object) })),
  ],
  [
    'does not say which setting is wrong',
    'config.missing-setting',
    'the refusal of place names undefined',
    validating(async (value, sound) => {
      const { issues } = await asked(sound, value);
      return issues === undefined ? { value } : { issues: [{ message: 'wrong settings' }] };
    }),
  ],
  [
    'quotes a setting that it refuses',
    'config.never-echoed',
    'place is echoed',
    validating(async (value, sound) => {
      const { issues } = await asked(sound, value);
      return issues === undefined
        ? { value }
        : { issues: [{ message: `what is ${JSON.stringify(value)}?`, path: ['place'] }] };
    }),
  ],
  [
    'tells a number in a check',
    'check.facts',
    'the fact items: expected "string"',
    () => ({ check: async () => ({ items: 3 as unknown as string }) }),
  ],
  [
    'waits in a check for ever',
    'check.silence',
    'a check that was stopped: not within 200 ms',
    (sound) => ({ check: (config, context) => sound.check(config, context, NEVER) }),
  ],
];

export const BROKEN_TALK: readonly Broken[] = [
  [
    'writes contents into its log',
    'hygiene.quiet',
    'contents of an item are told in the log',
    {
      target: (sound, _, log) => ({
        stage: async (parcel, bytes, signal) => {
          const whole = await gathered(bytes);
          log(`staging ${whole.toString().slice(0, 200)}`);
          return sound.stage(parcel, pieces(whole), signal);
        },
      }),
    },
  ],
  [
    'quotes contents in an error',
    'hygiene.quiet',
    'contents of an item are told by a failure',
    {
      target: (sound) => ({
        commit: async (parcel, staged, signal) => {
          try {
            return await sound.commit(parcel, staged, signal);
          } catch (error) {
            const found = await gathered(sound.read(parcel.path, 0, signal));
            throw new ConnectorError('ITEM_CONFLICT', `there is ${found.toString()}`, { cause: error });
          }
        },
      }),
    },
  ],
  [
    'quotes contents in the cause of an error',
    'hygiene.quiet',
    'contents of an item are told by a failure',
    {
      source: (sound) => ({
        async *read(path, offset, signal) {
          for await (const chunk of sound.read(path, offset, signal)) {
            const cause = new Error(`cannot parse ${Buffer.from(chunk).toString().slice(0, 200)}`);
            if (path === 'note.txt') throw new ConnectorError('ITEM_REFUSED', 'it is odd', { cause });
            yield chunk;
          }
        },
      }),
    },
  ],
  ...(['stdout', 'stderr'] as const).map(
    (stream): Broken => [
      `prints contents to ${stream}`,
      'hygiene.quiet',
      'contents of an item are told on standard output or error',
      {
        source: (sound) => ({
          async *read(path, offset, signal) {
            for await (const chunk of sound.read(path, offset, signal)) {
              if (path === 'note.txt') process[stream].write(chunk);
              yield chunk;
            }
          },
        }),
      },
    ],
  ),
  [
    'prints to the console',
    'hygiene.quiet',
    'it prints to the console',
    {
      source: (sound) => ({
        list: (signal) => {
          console.log('listing');
          return sound.list(signal);
        },
      }),
    },
  ],
];

/** Targets that cannot be read back and break one rule each, and the scenario that has to catch it. */
import { ConnectorError, isConnectorError, type Receipt, type Target } from '../../../plugins/sdk/index.ts';
import { type Broken, committing, gathered, pieces, text } from './broken.ts';

const INVENTED: Receipt = { targetId: 'AA:application:accepted:MSH-10 #0123456789ab:1:0123456789ab' };

/** Lays a change over what a commit fails with. */
function failing(change: (error: ConnectorError) => Receipt) {
  return committing((sound) => async (parcel, staged, signal) => {
    try {
      return await sound.commit(parcel, staged, signal);
    } catch (error) {
      if (!isConnectorError(error)) throw error;
      return change(error);
    }
  });
}

/** Says that it arrived, whatever is in doubt. */
const believing = failing((error) => {
  if (error.code === 'OUTCOME_UNKNOWN') return INVENTED;
  throw error;
});

const talking = (sound: Target): Partial<Target> => {
  let sent = '';
  return {
    stage: async (parcel, bytes, signal) => {
      const whole = await gathered(bytes);
      sent = text(whole);
      return sound.stage(parcel, pieces(whole), signal);
    },
    commit: (parcel, staged, signal) =>
      sound.commit(parcel, staged, signal).catch((error: unknown) => {
        throw new ConnectorError('ITEM_REFUSED', `the receiver will not have ${sent}`, { cause: error });
      }),
  };
};

export const BROKEN_ACKNOWLEDGED: readonly Broken[] = [
  [
    'gives back what it was given, and not what the receiver has',
    'acknowledged.not-read',
    'read: expected a failure',
    {
      target: () => ({
        async *read() {
          yield Buffer.from('what was staged');
        },
      }),
    },
  ],
  [
    'does not say what its receiver said',
    'acknowledged.receipt',
    'expected "accepted", found "missing"',
    {
      target: () => ({
        acknowledgement: async () => ({ outcome: 'missing', level: null, code: '', about: '' }) as const,
      }),
    },
  ],
  [
    'sends what is only staged',
    'acknowledged.staged-unsent',
    'the look-up of what is staged',
    {
      target: (sound) => ({
        stage: async (parcel, bytes, signal) => {
          const staged = await sound.stage(parcel, bytes, signal);
          await sound.commit(parcel, staged, signal);
          return staged;
        },
      }),
    },
  ],
  [
    'keeps what was discarded',
    'acknowledged.discarded',
    'commit: expected a failure',
    { target: () => ({ discard: async () => {} }) },
  ],
  [
    'gives another receipt each time',
    'acknowledged.after-restart',
    'the second receipt: expected',
    committing((sound) => async (parcel, staged, signal) => {
      const { targetId } = await sound.commit(parcel, staged, signal);
      return { targetId: `${targetId.slice(0, -12)}${String(performance.now()).replace('.', '').padStart(12, '0')}` };
    }),
  ],
  [
    'takes a refusal for an acknowledgement',
    'acknowledged.refused',
    'commit: expected a failure',
    failing((error) => {
      if (error.code === 'ITEM_REFUSED') return INVENTED;
      throw error;
    }),
  ],
  ['takes any acknowledgement for its own', 'acknowledged.other-answered', 'commit: expected a failure', believing],
  ['takes half an answer for a whole one', 'acknowledged.garbled', 'commit: expected a failure', believing],
  [
    'calls a lost answer an outage, and sends again',
    'acknowledged.lost-answer',
    'UNAVAILABLE after a commit without an answer',
    failing((error) => {
      throw error.code === 'OUTCOME_UNKNOWN' ? new ConnectorError('UNAVAILABLE', error.message) : error;
    }),
  ],
  ['believes that silence is consent', 'acknowledged.lost-commit', 'commit: expected a failure', believing],
  [
    'repeats what it sent when it is refused',
    'acknowledged.telling-peer',
    'what the receiver said of a patient is told',
    { target: talking },
  ],
];

/** Targets that behave until something fails, and the scenario that has to catch it. */
import { createHash } from 'node:crypto';
import { ConnectorError } from '../../../plugins/sdk/index.ts';
import { type Broken, committing, gathered, isLost, pieces, placeIn, text } from './broken.ts';

export const BROKEN_UNDER_TROUBLE: readonly Broken[] = [
  [
    'says that an ambiguous commit succeeded',
    'fault.lost-commit',
    'the crosswalk: expected ["k1","k2"], found []',
    committing((sound) => async (parcel, staged, signal) => {
      try {
        return await sound.commit(parcel, staged, signal);
      } catch (error) {
        if (!isLost(error)) throw error;
        return { targetId: parcel.path, parts: [] };
      }
    }),
  ],
  [
    'says that an ambiguous commit failed for good',
    'fault.lost-answer',
    'ITEM_REFUSED after a commit without an answer',
    committing((sound) => async (parcel, staged, signal) => {
      try {
        return await sound.commit(parcel, staged, signal);
      } catch (error) {
        if (!isLost(error)) throw error;
        throw new ConnectorError('ITEM_REFUSED', 'it did not work');
      }
    }),
  ],
  [
    'delivers twice when it retries by itself',
    'fault.lost-answer',
    'listed: expected ["k1","k2"], found ["k1","k1","k2","k2"]',
    {
      target: (sound, config) => ({
        commit: async (parcel, staged, signal) => {
          try {
            return await sound.commit(parcel, staged, signal);
          } catch (error) {
            if (!isLost(error)) throw error;
            for (const each of placeIn(config).records.get('Patient') ?? []) {
              placeIn(config).addRecord('Patient', each.key, JSON.parse(text(each.bytes)) as object);
            }
            throw error;
          }
        },
      }),
    },
  ],
  [
    'shows the half of an upload that broke',
    'fault.cut-stage',
    'listed: expected []',
    {
      target: (sound, config) => ({
        stage: async (parcel, bytes, signal) => {
          try {
            return await sound.stage(parcel, bytes, signal);
          } catch (error) {
            placeIn(config).put(parcel.path, 'half');
            throw error;
          }
        },
      }),
    },
  ],
  [
    'answers for the peer: reports and reads back what it sent',
    'fault.stored-short',
    'what the peer cut off is read back',
    {
      target: (sound) => {
        const sent = new Map<string, Buffer>();
        return {
          stage: async (parcel, bytes, signal) => {
            const whole = await gathered(bytes);
            sent.set(parcel.key, whole);
            const staged = await sound.stage(parcel, pieces(whole), signal);
            return { ...staged, sizeBytes: whole.byteLength, sha256: createHash('sha256').update(whole).digest('hex') };
          },
          commit: async (parcel) => ({ targetId: parcel.key }),
          read: (targetId) => pieces(sent.get(targetId) ?? Buffer.alloc(0)),
        };
      },
    },
  ],
];

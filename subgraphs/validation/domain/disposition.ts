/** The one terminal disposition of every item of a batch, and the assurance that goes with it. */
import type { Assurance } from '../../../kernel/assurance.ts';
import {
  countDispositions,
  type Disposition,
  type DispositionCounts,
  isBalanced,
} from '../../../kernel/disposition.ts';
import { brokenPromise } from '../../../kernel/fault.ts';

/** What became of the item in transfer. `absent`: eligible, and in no transfer record. */
export const ITEM_STATES = ['moved', 'set-aside', 'failed', 'excluded', 'absent'] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** Whether anything is, or was and was only waived, wrong with the item or a record of it. */
export type Soundness = 'sound' | 'in-doubt';

/** Whether the target could be looked at, or its receiver's word is all there is. */
export type Proof = 'looked-at' | 'acknowledgement';

export function proofOf({ ends }: Pick<Assurance, 'ends'>): Proof {
  return ends === 'acknowledgement' ? 'acknowledgement' : 'looked-at';
}

/**
 * Each has exactly one disposition. What did not move is never verified, whatever is known of its exceptions, and
 * neither is what nobody could look at.
 */
export function dispositionOf(state: ItemState, soundness: Soundness, proof: Proof): Disposition {
  switch (state) {
    case 'excluded':
      return 'excluded';
    case 'failed':
      return 'failed';
    case 'set-aside':
    case 'absent':
      return 'quarantined';
    case 'moved':
      if (soundness === 'in-doubt') return 'quarantined';
      return proof === 'acknowledgement' ? 'acknowledged' : 'verified';
    default:
      return state satisfies never;
  }
}

/** Counts, and holds them against the number of eligible items: an item in none of them is a defect of ours. */
export function balancedCounts(
  counts: Readonly<Record<Disposition, number>>,
  eligible: number,
  subject: string,
): DispositionCounts {
  const counted = countDispositions(counts);
  if (counted.eligible === eligible && isBalanced(counted)) return counted;
  throw brokenPromise(`${eligible} items are eligible and ${counted.eligible} have a disposition`, subject);
}

/** What a receiver said of one item that was delivered, as connectors tell it. */
export interface Acknowledgement {
  readonly outcome: 'accepted' | 'refused' | 'missing';
  readonly level: 'accept' | 'application' | null;
  readonly code: string;
  /** An opaque digest of what was spoken of. */
  readonly about: string;
}

/** How the target was read back. */
export interface ReadBack {
  /** Whose secrets opened the connection. */
  readonly credentials: 'own' | 'transfer';
  /** How records were found at the target: all of them, or one by one by the ids the receipts gave. */
  readonly records: 'listed' | 'by-receipt';
  /** `Type.field` of what was written to the target and what it gives nothing back of. */
  readonly withheld: readonly string[];
  /** Whether the target keeps the digits of a decimal, or says that it writes them its own way. */
  readonly decimals: 'kept' | 'normalised';
  /** Whether the target shows the chart of a patient. */
  readonly charts: 'shown' | 'not-shown';
}

const BY = 'waybill validation';
const NOT_ASKED = 'delivered, and no receiver was asked';

/** The receiver's word on an item, in ours. */
export function acknowledgementText({ outcome, level, code }: Omit<Acknowledgement, 'about'>): string {
  const said = level === null ? code : `${code}, ${level} level`;
  switch (outcome) {
    case 'accepted':
      return `acknowledged by the receiver (${said})`;
    case 'refused':
      return `refused by the receiver (${said})`;
    case 'missing':
      return level === null ? 'not acknowledged by the receiver' : `not fully acknowledged by the receiver (${said})`;
    default:
      return outcome satisfies never;
  }
}

/** Whose version was looked for in the place of the item's own is said, so that nobody takes the item for compared. */
function supersededBy(made: number, { records, by, others }: Superseded, method: string): string {
  const more = others === 0 ? '' : ` and ${others} more`;
  const rest = records === made ? '' : `; of the others, ${method}`;
  const stands = 'superseded by a later version, looked for in their place';
  return `${records} of ${made} records ${stands}, of ${by}${more}${rest}`;
}

/** What an item came to. */
export interface Delivered {
  /** Parcels of bytes. */
  readonly bytes: number;
  /** Records the lineage makes of it. */
  readonly records: number;
  readonly unreadable: number;
  /** Whether it was looked into, or only that it is there. */
  readonly depth: 'drawn' | 'not-drawn';
  /** What the receiver said, where one is asked. */
  readonly acknowledgement: string | null;
  /** `kept`: the target cannot give back what it took over. */
  readonly giving: 'given-back' | 'kept';
  /** Of its records those that a later version, made by other items, superseded. */
  readonly superseded: Superseded | null;
}

export interface Superseded {
  readonly records: number;
  /** The item that made the later version, of several the first, and how many more there are. */
  readonly by: string;
  readonly others: number;
}

/** What was really verified of a moved item, by what was delivered of it. Nothing delivered: nothing verified. */
export function assuranceOf(state: ItemState, delivered: Delivered, readBack: ReadBack): Assurance {
  const nothing = (method: string): Assurance => ({ level: 'not-verifiable', method, ends: 'source', by: BY });
  if (state !== 'moved') return nothing(state === 'excluded' ? 'excluded; nothing was moved' : 'not delivered');
  if (delivered.giving === 'kept') {
    const method = `${delivered.acknowledgement ?? NOT_ASKED}; the target cannot be read back`;
    return { level: 'not-verifiable', method, ends: 'acknowledgement', by: BY };
  }
  if (delivered.unreadable > 0) return nothing('the target did not give it back');
  const whose = readBack.credentials === 'own' ? 'its own' : "the transfer's";
  const over = `over a connection of its own with ${whose} credentials`;
  if (delivered.records > 0) {
    const found = readBack.records === 'listed' ? 'listed' : 'read one by one by the ids of the receipts';
    const digits = readBack.decimals === 'kept' ? '' : ', decimals by their value alone';
    const made = 'what the lineage makes of the original';
    const method = `every record ${found} at the target ${over}, compared with ${made}${digits}`;
    const { withheld } = readBack;
    const rest = `but for the fields that the target gives nothing back of: ${withheld.join(', ')}`;
    const compared = withheld.length === 0 ? method : `${method}, ${rest}`;
    if (delivered.superseded !== null) {
      const told = supersededBy(delivered.records, delivered.superseded, compared);
      return { level: 'record', method: told, ends: 'both', by: BY };
    }
    return { level: withheld.length === 0 ? 'fields' : 'record', method: compared, ends: 'both', by: BY };
  }
  const { acknowledgement } = delivered;
  const answered = acknowledgement === null ? '' : `; ${acknowledgement}`;
  if (delivered.depth === 'not-drawn') {
    const seen = `its presence and its size at the target ${over}${answered}`;
    const method = `not drawn: ${seen}; a sample of the dataset vouches for the rest`;
    return { level: 'sampled', method, ends: 'both', by: BY };
  }
  if (delivered.bytes > 0) {
    const compared = `SHA-256 of the bytes read back from the target ${over}, against the sealed manifest`;
    const method = `${compared}${answered}`;
    return { level: 'bytes', method, ends: 'both', by: BY };
  }
  const method = 'the lineage makes no record of the original, and none was delivered';
  return { level: 'record', method, ends: 'source', by: BY };
}

/** What a connector's own test lends to the conformance kit: real places, and the trouble they can be put into. */
import type { Connector } from '../connector.ts';
import { LARGE_ITEM_BYTES } from './limits.ts';

/** The test functions of jest or node:test. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  readonly test: {
    (name: string, body: () => Promise<void>, limitMs?: number): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

/** What can go wrong at a place or on the way to it. Each holds until it is `over`, or for the one act it names. */
export type Trouble =
  /** The next connection that carries so many more bytes from the peer breaks there. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** While the next parcel is staged, the connection breaks after so many bytes to the peer. */
  | { readonly kind: 'cut-upload'; readonly afterBytes: number }
  /** The next commit gets no answer, whether it landed or never reached the peer. */
  | { readonly kind: 'lost-commit'; readonly landed: boolean }
  /** The peer keeps its connections and answers nothing. */
  | { readonly kind: 'silence' }
  /** The peer sends so many bytes a second. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Nobody listens there. */
  | { readonly kind: 'unreachable' }
  /** The peer keeps only so many bytes of the next parcel, and says nothing. */
  | { readonly kind: 'stored-short'; readonly keptBytes: number }
  /** The TLS connection ends in the middle of an answer, without its closing message. */
  | { readonly kind: 'cut-tls' }
  /** The peer refuses a credential that it took until now. */
  | { readonly kind: 'expired-token' }
  /** The next commit is answered with success outside and a failure inside. */
  | { readonly kind: 'error-in-200' }
  /** The next request is one too many; another may come after so many seconds. */
  | { readonly kind: 'rate-limit'; readonly retryAfterSeconds: number }
  /** The receiver refuses the next commit. */
  | { readonly kind: 'refused' }
  /** The next commit is answered, and the answer is to something else. */
  | { readonly kind: 'other-answered' }
  /** The next commit is answered with what nobody understands. */
  | { readonly kind: 'garbled' }
  /** The next commit is answered with a failure whose words quote a patient. */
  | { readonly kind: 'telling-failure'; readonly words: string }
  /** Another machine answers in the peer's place. */
  | { readonly kind: 'wrong-host-key' }
  | { readonly kind: 'expired-certificate' }
  | { readonly kind: 'unknown-authority' }
  | { readonly kind: 'wrong-name' };

export type TroubleKind = Trouble['kind'];

/** What its owner's own tools say of an item; the oracle that the connector's words are held against. */
export interface Held {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** RFC 3339, when the place keeps it. */
  readonly modifiedAt?: string | undefined;
}

/** A real, empty place that belongs to one scenario. */
export interface Place {
  readonly config: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  /** Secrets the place refuses; where it knows none, `cannot` says why. */
  readonly wrongSecrets?: Readonly<Record<string, string>> | undefined;
  /** Puts an item there as its owner would. Needed by sources. */
  put?(path: string, bytes: Uint8Array): Promise<void>;
  /** Puts a large item there without holding it; without it `put` is given the whole. */
  pour?(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** A text that differs when anything in the place differs. Needed by sources. */
  snapshot?(): Promise<string>;
  /** Everything a reader at the place can see. Never what is staged. */
  held?(): Promise<readonly Held[]>;
  /** Resolves once the trouble holds. Resolves to a configuration where the trouble is met at another address. */
  trouble?(trouble: Trouble): Promise<unknown>;
  /** Everything is well again. */
  over?(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * What a harness may be unable to lend. `items`: a source's items of any name and content, as files are; `odd-names`:
 * items with line breaks and tabs in their names; `times`: when an item was changed, from the source and from `held`;
 * `secrets`: a place that nobody enters without them; `wrong-secrets`: such that it refuses; `package`: a folder with
 * the manifest; `by-key`: a target that looks records up by key; `full-size`: room for an item of any size (a smaller
 * one is tried otherwise). `sight` follows from others: a listing, a source, or else `held`, to see what is there.
 */
export type Means =
  | TroubleKind
  | 'held'
  | 'items'
  | 'odd-names'
  | 'times'
  | 'secrets'
  | 'wrong-secrets'
  | 'package'
  | 'by-key'
  | 'fhir-records'
  | 'sight'
  | 'full-size';

/** How the kit writes items for a target that takes one form of them only. */
export interface ItemForm {
  readonly mediaType: string;
  /** An item with `note` somewhere in it; another `name`, another item. The same for the same arguments. */
  item(name: string, note: string): Uint8Array;
}

/** How the kit writes records for a target that takes no FHIR, and knows them again. */
export interface RecordForm {
  readonly mediaType: string;
  /** The type that `listing.records` is asked for. */
  readonly type: string;
  /** A line of a parcel: a record with this key, and with `note` somewhere in its texts. */
  line(key: string, note: string): object;
  /** The key of a record that was read back. */
  keyIn(content: object): string | undefined;
}

export interface Harness {
  /** Makes a fresh place. */
  open(): Promise<Place>;
  /** Ends what the places share. */
  close?(): Promise<void>;
  /** The kinds of trouble its places can be put into. */
  readonly troubles?: readonly TroubleKind[] | undefined;
  /** Why it cannot lend something; the scenarios that need it are skipped with these words. */
  readonly cannot?: Readonly<Partial<Record<Means, string>>> | undefined;
  /** Where items are of one form; needed by targets that cannot be read back. */
  readonly items?: ItemForm | undefined;
  /** Where records are no FHIR resources. */
  readonly records?: RecordForm | undefined;
  /** The folder of the connector's package, an absolute path; where there is none, `cannot` says why. */
  readonly package?: string | undefined;
  /** Whether the last test writes conformance.json into the package's folder. */
  readonly writesReport?: boolean | undefined;
  /** How long something that was stopped may take to stop; 5000 when left out. */
  readonly patienceMs?: number | undefined;
  /** Size of the item that must pass in bounded memory; LARGE_ITEM_BYTES when left out. */
  readonly largeBytes?: number | undefined;
}

/** Kinds of trouble that exist only where a connector speaks over something. */
const MET_OVER: Readonly<Record<TroubleKind, readonly string[]>> = {
  cut: ['ssh', 'https', 'tcp'],
  'cut-upload': ['ssh', 'https', 'tcp'],
  'lost-commit': ['ssh', 'https', 'tcp'],
  silence: ['ssh', 'https', 'tcp'],
  slow: ['ssh', 'https', 'tcp'],
  unreachable: ['ssh', 'https', 'tcp'],
  'stored-short': ['ssh', 'https', 'tcp'],
  'cut-tls': ['https'],
  'expired-token': ['https'],
  'error-in-200': ['https'],
  'rate-limit': ['https'],
  'telling-failure': ['https', 'tcp'],
  refused: ['tcp'],
  'other-answered': ['tcp'],
  garbled: ['tcp'],
  'wrong-host-key': ['ssh'],
  'expired-certificate': ['https'],
  'unknown-authority': ['https'],
  'wrong-name': ['https'],
};

/** Why a scenario that needs `means` is skipped; `undefined` when it runs, even if it fails for the lack of it. */
export function reasonFor(means: Means, connector: Connector, harness: Harness): string | undefined {
  if (means === 'fhir-records') return harness.records === undefined ? undefined : 'its records are no FHIR resources';
  if (means === 'sight') return showsItself(connector) ? undefined : harness.cannot?.held;
  if (!isTrouble(means)) return harness.cannot?.[means];
  if (harness.troubles?.includes(means)) return undefined;
  const { transport } = connector.capabilities;
  if (transport === undefined || transport === 'memory') return 'it speaks over no network';
  if (!MET_OVER[means].includes(transport)) return `it speaks over ${transport}, where there is no ${means}`;
  return harness.cannot?.[means];
}

function isTrouble(means: Means): means is TroubleKind {
  return Object.hasOwn(MET_OVER, means);
}

function showsItself({ capabilities, roles }: Connector): boolean {
  return capabilities.listing || roles.includes('source');
}

/** What can be seen to be lent. */
const SEEN = ['held', 'wrong-secrets', 'package'] as const satisfies readonly Means[];

/** Fails where a scenario needs what is neither lent nor excused, and where something is both. */
export function requireLent(needs: readonly Means[], connector: Connector, harness: Harness, place: Place): void {
  for (const means of SEEN) {
    if (harness.cannot?.[means] === undefined || isMissing(means, harness, place)) continue;
    throw new Error(`the harness lends ${means} and says under \`cannot\` that it does not`);
  }
  for (const means of needs) {
    const wanted = means === 'sight' && !showsItself(connector) ? 'held' : means;
    if (!isMissing(wanted, harness, place)) continue;
    throw new Error(`the harness lends no ${wanted} and does not say under \`cannot\` why not`);
  }
}

function isMissing(means: Means, harness: Harness, place: Place): boolean {
  if (means === 'held') return place.held === undefined;
  if (means === 'wrong-secrets') return place.wrongSecrets === undefined;
  return means === 'package' && harness.package === undefined;
}

/** Size of the item that must pass in bounded memory: what is asked for, where there is room for it. */
export function largeBytesOf({ capabilities }: Connector, { cannot, largeBytes = LARGE_ITEM_BYTES }: Harness): number {
  const isRoomy = capabilities.transport !== 'memory' && cannot?.['full-size'] === undefined;
  return isRoomy ? largeBytes : Math.min(largeBytes, LARGE_ITEM_BYTES);
}

/** The scratch files of reconciliation: what stands in a line of each. Short names, for there are many lines. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import type { ItemState } from '../domain/disposition.ts';
import type { Finding } from '../domain/finding.ts';
import type { Columns } from './rows.ts';
import type { Lines, Spool } from './spool.ts';

export interface Scratch extends Lines {
  readonly columns: Columns;
}

/**
 * Every item: ordinal, id, path, state, whether it can be read; records made of it, parcels of bytes, of records; and
 * whether it was drawn to be looked into; whether the target gives it back, and what its receiver said.
 */
export const ITEMS = {
  file: 'items.ndjson',
  inPieces: true,
  columns: {
    n: 'INTEGER',
    i: 'VARCHAR',
    p: 'VARCHAR',
    s: 'VARCHAR',
    q: 'VARCHAR',
    r: 'INTEGER',
    b: 'INTEGER',
    c: 'INTEGER',
    x: 'BOOLEAN',
    gives: 'VARCHAR',
    said: 'VARCHAR',
  },
} as const satisfies Scratch;
export interface ItemLine {
  readonly n: number;
  readonly i: Id;
  readonly p: string;
  readonly s: ItemState;
  readonly q: 'readable' | 'unreadable';
  readonly r: number;
  readonly b: number;
  readonly c: number;
  readonly x: boolean;
  readonly gives: 'given-back' | 'kept';
  readonly said: string | null;
}

/** A finding, of item n (of none: past the last), in the order x. */
export const FINDINGS = {
  file: 'findings.ndjson',
  columns: { n: 'INTEGER', x: 'INTEGER', f: 'VARCHAR' },
} as const satisfies Scratch;

/**
 * A record the lineage makes: key, type, place; digest, and where its content lies. w: it could be mapped whole.
 * v: what its versions are sorted by, null where the map tells none apart. u, e: the patient and the encounter it hangs
 * on; h: how it says so. y, q: its day and author. m: when a medication was prescribed or taken.
 */
export const EXPECTED = {
  file: 'expected.ndjson',
  columns: {
    n: 'INTEGER',
    o: 'INTEGER',
    k: 'VARCHAR',
    t: 'VARCHAR',
    i: 'VARCHAR',
    p: 'VARCHAR',
    d: 'VARCHAR',
    a: 'DOUBLE',
    z: 'DOUBLE',
    w: 'BOOLEAN',
    v: 'VARCHAR',
    u: 'VARCHAR',
    e: 'VARCHAR',
    h: 'VARCHAR',
    y: 'VARCHAR',
    q: 'VARCHAR',
    m: 'VARCHAR',
  },
} as const satisfies Scratch;

/**
 * A record at the target: key, type, id there, digest (null: it cannot be read), and where its content lies. h: how it
 * says what it hangs on. y, q: its day and author.
 */
export const ACTUAL = {
  file: 'actual.ndjson',
  columns: {
    k: 'VARCHAR',
    t: 'VARCHAR',
    g: 'VARCHAR',
    d: 'VARCHAR',
    a: 'DOUBLE',
    z: 'DOUBLE',
    h: 'VARCHAR',
    y: 'VARCHAR',
    q: 'VARCHAR',
  },
} as const satisfies Scratch;

export interface ExpectedLine {
  readonly n: number;
  readonly o: number;
  readonly k: string;
  readonly t: string;
  readonly i: Id;
  readonly p: string;
  readonly d: Sha256;
  readonly a: number;
  readonly z: number;
  readonly w: boolean;
  readonly v?: string | null;
  readonly u?: string | null;
  readonly e?: string | null;
  readonly h?: string | null;
  readonly y?: string | null;
  readonly q?: string | null;
  readonly m?: string;
}
export interface ActualLine {
  readonly k: string;
  readonly t: string;
  readonly g: string;
  readonly d: Sha256 | null;
  readonly a: number;
  readonly z: number;
  readonly h?: string | null;
  readonly y?: string | null;
  readonly q?: string | null;
}

/** A message: its sender, its control id with the prefix and number it counts by, its sequence number, its time. */
export const MESSAGES = {
  file: 'messages.ndjson',
  columns: {
    ...{ n: 'INTEGER', m: 'INTEGER', i: 'VARCHAR', s: 'VARCHAR', c: 'VARCHAR', x: 'VARCHAR', v: 'DOUBLE' },
    ...{ q: 'DOUBLE', t: 'DOUBLE' },
  },
} as const satisfies Scratch;

/** The type of a message, and the day it was sent. */
export const FEED_DAYS = {
  file: 'feed-days.ndjson',
  columns: { x: 'VARCHAR', v: 'VARCHAR' },
} as const satisfies Scratch;

/** What the plan declares of a feed: messages x, first day f, last day u, and that one comes every e days. */
export const DECLARED_FEEDS = {
  file: 'declared-feeds.ndjson',
  columns: { x: 'VARCHAR', f: 'VARCHAR', u: 'VARCHAR', e: 'INTEGER' },
} as const satisfies Scratch;

/** A row of an index of documents: the item and line it stands in, the two paths it may mean, and the patient. */
export const INDEX_ROWS = {
  file: 'index-rows.ndjson',
  columns: { n: 'INTEGER', i: 'VARCHAR', l: 'INTEGER', p: 'VARCHAR', a: 'VARCHAR', b: 'VARCHAR', m: 'VARCHAR' },
} as const satisfies Scratch;

/** A value that has a usual form, of a record: its kind c, slot s, form v and field f. */
export const TRAITS = {
  file: 'traits.ndjson',
  columns: {
    n: 'INTEGER',
    i: 'VARCHAR',
    k: 'VARCHAR',
    t: 'VARCHAR',
    p: 'VARCHAR',
    c: 'VARCHAR',
    s: 'VARCHAR',
    v: 'VARCHAR',
    f: 'VARCHAR',
  },
} as const satisfies Scratch;

/** The verdict of an item that passes through, or that it was not drawn. */
export const UNITS = {
  file: 'units.ndjson',
  inPieces: true,
  columns: { n: 'INTEGER', v: 'VARCHAR' },
} as const satisfies Scratch;

/** A committed parcel of bytes: where it ought to lie, and what the target calls it. */
export const PARCELS = {
  file: 'parcels.ndjson',
  columns: { n: 'INTEGER', i: 'VARCHAR', k: 'VARCHAR', p: 'VARCHAR', g: 'VARCHAR' },
} as const satisfies Scratch;
export interface ParcelLine {
  readonly n: number;
  readonly i: Id;
  readonly k: string;
  readonly p: string;
  readonly g: string;
}

/** What the target lists of bytes. */
export const LISTED = {
  file: 'listed.ndjson',
  inPieces: true,
  columns: { k: 'VARCHAR', g: 'VARCHAR' },
} as const satisfies Scratch;
export interface ListedLine {
  readonly k: string;
  readonly g: string;
}

/** What was read back: the lines of the target manifest. No digest: it is there, and was not drawn. */
export const ARRIVED = {
  file: 'arrived.ndjson',
  inPieces: true,
  columns: { n: 'INTEGER', i: 'VARCHAR', p: 'VARCHAR', g: 'VARCHAR', z: 'DOUBLE', d: 'VARCHAR' },
} as const satisfies Scratch;

/** Who belongs to whom; see relations.ts. */
export const RELATIONS = {
  file: 'relations.ndjson',
  columns: {
    r: 'VARCHAR',
    s: 'VARCHAR',
    ds: 'INTEGER',
    n: 'INTEGER',
    o: 'INTEGER',
    i: 'VARCHAR',
    b: 'VARCHAR',
    k: 'VARCHAR',
    t: 'VARCHAR',
    p: 'VARCHAR',
    a: 'VARCHAR',
    c: 'INTEGER',
    x: 'VARCHAR',
    y: 'VARCHAR',
    f: 'VARCHAR',
    u: 'VARCHAR',
  },
} as const satisfies Scratch;

/** Takes findings down in the order they come; those of one item come in one order on every run. */
export class FindingBook {
  readonly #spool: Spool;
  /** How many there are of the items that are being looked at now. */
  readonly #open = new Map<number, number>();
  #count = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** How many findings `work` adds to one item. */
  async during(ordinal: number, work: () => Promise<void>): Promise<number> {
    this.#open.set(ordinal, 0);
    await work();
    const count = this.#open.get(ordinal) ?? 0;
    this.#open.delete(ordinal);
    return count;
  }

  async add(ordinal: number, finding: Finding): Promise<void> {
    this.#count += 1;
    const open = this.#open.get(ordinal);
    if (open !== undefined) this.#open.set(ordinal, open + 1);
    const file = await this.#spool.lines(FINDINGS);
    await file.line({ n: ordinal, x: this.#count, f: JSON.stringify(finding) });
  }
}

/** The ordinal of findings that no item is about: they come last. */
export const NO_ITEM = 2_147_483_647;

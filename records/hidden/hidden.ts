/** Things a migration must see although no list of items shows them: attachments inside messages, versions, members. */
import { sha256 } from '../../kernel/digest.ts';

export const HIDDEN_KINDS = [
  /** A document inside another item: base64 in a message, a document or a resource. */
  'attachment',
  /** A pointer to a document that is kept elsewhere. */
  'attachment-pointer',
  /** Metadata of a document that has neither its bytes nor a pointer to them. */
  'attachment-without-data',
  /** A note, document or resource that replaces or corrects an earlier one. */
  'note-version',
  /** A note that is added to another one. */
  'addendum',
  /** Marks on a scanned document, in a file of their own beside it. */
  'annotation',
  /** A page of a scanned document that an index points at. */
  'indexed-page',
  'order',
  'result',
  /** A message that asks for an answer. */
  'message-awaiting-answer',
  'acknowledgement',
  'imaging-reference',
  /** An entry of an audit trail. */
  'audit-entry',
  'archive-member',
  /** An archive inside an archive. */
  'nested-archive',
] as const;
export type HiddenKind = (typeof HIDDEN_KINDS)[number];
export type HiddenCounts = { readonly [Kind in HiddenKind]?: number };

/** What items point at in one another: an order's result, a message's answer, a note's parent, a document's bytes. */
export const LINK_KINDS = ['order', 'answer', 'note', 'binary'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** `key` is a digest, because what it is made from may identify a patient. */
export interface Link {
  readonly kind: LinkKind;
  readonly side: 'holds' | 'needs';
  readonly key: string;
}

/** Something about an item that somebody should know, and where in the item; never a value. */
export interface Noted {
  readonly code: string;
  readonly position: string;
}

/** Everything that was seen inside one item. */
export interface HiddenThings {
  readonly counts: HiddenCounts;
  readonly links: readonly Link[];
  /** Paths the item points at, relative to its own folder. */
  readonly paths: readonly string[];
  readonly noted: readonly Noted[];
}

/** More links and paths than these are counted, not followed. */
export const LINKS_MAX = 100_000;
export const PATHS_MAX = 10_000;
export const NOTED_MAX = 20;
const KEY_LENGTH_DIGITS = 32;

/** Collects what a detector sees; bounded, and what is beyond a bound is itself noted. */
export class HiddenCount {
  readonly #counts: Partial<Record<HiddenKind, number>> = {};
  readonly #links = new Map<string, Link>();
  readonly #paths = new Set<string>();
  readonly #noted: Noted[] = [];
  #isCut = false;
  #within = '';

  /** What `look` notes is inside the member of an archive at `position`, whose paths lead to other members. */
  async inside(position: string, look: () => Promise<void>): Promise<void> {
    this.#within = `${position} `;
    await look().finally(() => {
      this.#within = '';
    });
  }

  count(kind: HiddenKind, by = 1): void {
    if (by > 0) this.#counts[kind] = (this.#counts[kind] ?? 0) + by;
  }

  link(kind: LinkKind, side: Link['side'], key: string): void {
    if (key === '') return;
    if (this.#links.size >= LINKS_MAX) return this.#cut();
    const digest = sha256(`${kind}\n${key}`).slice(0, KEY_LENGTH_DIGITS);
    this.#links.set(`${side} ${kind} ${digest}`, { kind, side, key: digest });
  }

  path(path: string): void {
    if (this.#within !== '') return;
    if (this.#paths.size >= PATHS_MAX) this.#cut();
    else this.#paths.add(path);
  }

  /** Where there is no more room, what is noted for the first time takes the place of what was noted again. */
  note(code: string, position: string): void {
    const noted = { code, position: `${this.#within}${position}` };
    if (this.#noted.length < NOTED_MAX) this.#noted.push(noted);
    else if (!this.#noted.some((known) => known.code === code)) {
      const again = this.#noted.findIndex((known, at) => this.#noted.findIndex(({ code }) => code === known.code) < at);
      if (again !== -1) this.#noted[again] = noted;
    }
  }

  all(): HiddenThings {
    const [counts, links, paths] = [this.#counts, [...this.#links.values()], [...this.#paths]];
    return { counts, links, paths, noted: this.#noted };
  }

  #cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.note('LINKS_NOT_FOLLOWED', 'item');
  }
}

export const NOTHING_HIDDEN: HiddenThings = { counts: {}, links: [], paths: [], noted: [] };

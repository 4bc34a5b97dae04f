/** What a survey finds that somebody should know, gathered while its items go by, and what each code means. */
import type { Severity } from '../../../kernel/exception.ts';
import type { Id } from '../../../kernel/id.ts';
import type { HiddenCounts, HiddenKind } from './contents.ts';
import { FINDING_ITEMS_MAX, type Found } from './finding.ts';
import type { Noted } from './item.ts';

export interface Meaning {
  readonly severity: Severity;
  readonly requirement: string;
  readonly detail: string;
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EMPTY_ITEM: means('P3', 'A19', 'the item has no bytes; find out whether its content was lost or never there'),
  CONTENT_UNKNOWN: means('P4', 'A19', 'the content is of no kind that is recognised; it can only move as it is'),
  FORMAT_DIFFERS: means(
    'P2',
    'A19',
    'the content is not of the format the dataset declares; move it to another dataset',
  ),
  EXTENSION_DIFFERS: means(
    'P3',
    'A19',
    'the content is not what the extension of its name says; readers may not open it',
  ),
  SIZE_DIFFERS: means(
    'P2',
    'A07',
    'there are more or fewer bytes than the source lists; it is being written, or damaged',
  ),
  PARTLY_INSPECTED: means(
    'P4',
    'A20',
    'the item is too large to be looked into to its end; what lies beyond is not counted',
  ),
  LINKS_NOT_FOLLOWED: means('P4', 'A20', 'the item points at more than is followed; what is missing may be more'),
  TOO_LARGE_TO_LOOK_INTO: means('P4', 'A20', 'a part of the item is too large to be looked into'),
  NESTED_TOO_DEEPLY: means('P3', 'A20', 'the content nests deeper than is looked into'),
  NOT_WELL_FORMED: means('P2', 'A20', 'the XML breaks off here; what follows was not looked into'),
  NOT_JSON: means('P2', 'A20', 'this is not JSON; it was not looked into'),
  ATTACHMENT_WITHOUT_DATA: means('P2', 'A20', 'a document is described and neither held nor pointed at'),
  POINTER_BROKEN: means(
    'P2',
    'A20',
    'a pointer leads to no surveyed item; ask the source for the file or widen a select',
  ),
  BINARY_MISSING: means('P2', 'A20', 'a binary is pointed at that no surveyed item holds'),
  NOTE_PARENT_MISSING: means('P2', 'A20', 'a version or addendum belongs to a note that no surveyed item holds'),
  ORDER_WITHOUT_RESULT: means('P3', 'A20', 'an order has no result in the survey; it may still be under way'),
  MESSAGE_UNANSWERED: means(
    'P3',
    'A20',
    'a message asked for an answer that no surveyed item holds; replay or write off',
  ),
  MESSAGE_REFUSED: means(
    'P2',
    'A20',
    'an acknowledgement says that a message was refused; it may never have been applied',
  ),
  ANNOTATION_WITHOUT_DOCUMENT: means('P2', 'A20', 'an annotation has no document beside it'),
  ARCHIVE_ENCRYPTED: means(
    'P1',
    'A20',
    'the archive cannot be opened without a password; keep it in quarantine until it can',
  ),
  ARCHIVE_EXPANDS_TOO_FAR: means(
    'P1',
    'A20',
    'the archive unpacks to more than any record needs; keep it in quarantine',
  ),
  ARCHIVE_UNREADABLE: means(
    'P2',
    'A20',
    'the archive is damaged or of a kind that cannot be listed; keep it in quarantine',
  ),
  ARCHIVE_PATH_UNSAFE: means(
    'P2',
    'A20',
    'a member has a path that leads out of the archive; do not unpack it as it is',
  ),
  ARCHIVE_NAME_REPEATED: means('P2', 'A20', 'two members have the same name; whoever unpacks them keeps one'),
  RECORDS_IN_ARCHIVE: means(
    'P3',
    'A20',
    'records lie in an archive, where they are not compared one by one; unpack it at the source if they must be',
  ),
  LISTED_REPEATEDLY: means('P4', 'A07', 'the source lists items more than once; each counts once'),
  ITEM_VANISHED: means(
    'P2',
    'A07',
    'the source lists the item and does not find it; its content is missing, or it was moved',
  ),
  ACCESS_DENIED: means('P2', 'A07', 'the account may list the item and not read it; give it the right to read'),
  NOT_READ_IN_TIME: means('P2', 'A07', 'reading the item did not come to an end'),
  CHANGED_AFTER_LAUNCH: means(
    'P1',
    'B12',
    'the item is not as it was when the migration was launched; take it into another batch',
  ),
};
const NOT_READ = means('P2', 'A07', 'the source could not hand over the item; the code says why');

const HIDDEN: Readonly<Record<HiddenKind, string>> = {
  attachment: 'documents are held inside other items',
  'attachment-pointer': 'items point at documents kept elsewhere',
  'attachment-without-data': 'documents are described without their content',
  'note-version': 'notes replace or correct earlier ones; the earlier ones belong to the record',
  addendum: 'notes are added to other ones',
  annotation: 'marks on documents are kept in files of their own beside them',
  'indexed-page': 'index files name scanned pages',
  order: 'orders were placed over an interface',
  result: 'results came over an interface',
  'message-awaiting-answer': 'messages ask to be answered',
  acknowledgement: 'items answer messages',
  'imaging-reference': 'items are images of a study or point at one; the images may live in another archive',
  'audit-entry': 'items hold entries of an audit trail',
  'archive-member': 'archives hold further items',
  'nested-archive': 'archives hold further archives',
};
const HIDDEN_REQUIREMENTS: Partial<Readonly<Record<HiddenKind, string>>> = {
  'imaging-reference': 'A14',
  'audit-entry': 'A18',
};

/** Gathers what is noted of items, however many there are. */
export class SurveyFindings {
  readonly #found = new Map<string, { count: number; readonly itemIds: Id[]; readonly position: string | null }>();

  note(itemId: Id, noted: readonly Noted[] | null): void {
    const codes = new Set<string>();
    for (const { code, position } of noted ?? []) {
      if (codes.has(code)) continue;
      codes.add(code);
      this.add(code, itemId, 1, position);
    }
  }

  hide(itemId: Id, hidden: HiddenCounts | null): void {
    for (const [kind, count] of Object.entries(hidden ?? {})) this.add(hiddenCode(kind as HiddenKind), itemId, count);
  }

  /** `itemId` undefined: what is found is of no item. */
  add(code: string, itemId: Id | undefined, count = 1, position: string | null = null): void {
    const known = this.#found.get(code) ?? { count: 0, itemIds: [], position };
    known.count += count;
    const isNew = itemId !== undefined && known.itemIds.at(-1) !== itemId;
    if (isNew && known.itemIds.length < FINDING_ITEMS_MAX) known.itemIds.push(itemId);
    this.#found.set(code, known);
  }

  all(): readonly Found[] {
    return [...this.#found].map(([code, { count, itemIds, position }]) => ({
      code,
      count,
      itemIds,
      position,
      ...meaningOf(code),
    }));
  }
}

/** The code under which a hidden kind is found. */
export function hiddenCode(kind: HiddenKind): string {
  return `HIDDEN_${kind.toUpperCase().replaceAll('-', '_')}`;
}

/** What a code says of an item: of what was noted of it, or why it could not be read. */
export function meaningOf(code: string): Meaning {
  const hidden = Object.entries(HIDDEN).find(([kind]) => hiddenCode(kind as HiddenKind) === code);
  if (hidden === undefined) return MEANINGS[code] ?? NOT_READ;
  return means('P4', HIDDEN_REQUIREMENTS[hidden[0] as HiddenKind] ?? 'A20', hidden[1]);
}

function means(severity: Severity, requirement: string, detail: string): Meaning {
  return { severity, requirement, detail };
}

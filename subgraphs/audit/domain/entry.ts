/** An entry of the log: the exact bytes of one audit entry, and how they are read. Never re-serialised. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { sha256 } from '../../../kernel/digest.ts';
import type { AuditEntry } from '../../../kernel/event.ts';
import { ENTRY_BYTES_MAX } from './tile.ts';

const REQUIRED = ['id', 'action', 'actor', 'subject', 'occurredAt'] as const;
/** Acts by which somebody takes responsibility; they are set apart on the approvals page of a pack. */
const DECISIONS =
  /(^|-)(proposed|approved|declined|launched|resumed|waived|waiver|signed|exclusion|overridden|voted|decision)(-|$)/;

/** The bytes that become the leaf: RFC 8785, so that two writers of one entry cannot differ. */
export function encodeEntry(entry: AuditEntry): Buffer {
  return Buffer.from(canonicalJson({ ...entry }));
}

/** The bytes themselves, or when they are too many for a leaf an entry that keeps everything but the words. */
export function fittingEntry(bytes: Uint8Array): Uint8Array {
  const entry = bytes.byteLength > ENTRY_BYTES_MAX ? readEntry(bytes) : undefined;
  if (entry === undefined) return bytes;
  const { id, plane, action, actor, subject, outcome, occurredAt } = entry;
  const digests = { entry: sha256(bytes) };
  return encodeEntry({ id, plane, action, actor, subject, outcome, occurredAt, digests });
}

/** What an entry's bytes say; `undefined` when they are not an audit entry. */
export function readEntry(bytes: Uint8Array): AuditEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Record<string, unknown>;
  if (!REQUIRED.every((field) => typeof entry[field] === 'string')) return undefined;
  if (entry.plane !== 'operational' && entry.plane !== 'clinical') return undefined;
  if (entry.outcome !== 'succeeded' && entry.outcome !== 'refused' && entry.outcome !== 'failed') return undefined;
  if (entry.digests !== undefined && (typeof entry.digests !== 'object' || entry.digests === null)) return undefined;
  return value as AuditEntry;
}

/** What an entry is found by; bytes that are no audit entry are found by their digest. */
export function indexedEntry(bytes: Uint8Array): AuditEntry {
  const digest = sha256(bytes);
  const unreadable: AuditEntry = {
    id: digest,
    plane: 'operational',
    action: 'unreadable',
    actor: '',
    subject: digest,
    outcome: 'failed',
    occurredAt: '',
  };
  return readEntry(bytes) ?? unreadable;
}

/** Whether the entry records a decision of a person: a proposal, an approval, a launch, a waiver. */
export function isDecision(entry: AuditEntry): boolean {
  return DECISIONS.test(entry.action);
}

/** Whether the entry closes a stage: it names the documents that were sealed. */
export function namesDocuments(entry: AuditEntry): boolean {
  return Object.keys(entry.digests ?? {}).length > 0;
}

/** A line of the approvals page: the entry's own words, and where in the log they stand. */
export function decisionLine(position: number, entry: AuditEntry): Json {
  const { action, actor, subject, outcome, occurredAt, reason } = entry;
  return { position, action, actor, subject, outcome, occurredAt, reason };
}

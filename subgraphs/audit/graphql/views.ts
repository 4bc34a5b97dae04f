/** Rows and entries as the API shows them. */
import { GraphQLError } from 'graphql';
import { hasRole, ROLES } from '../../../kernel/actor.ts';
import type { RequestContext } from '../../../runtime/request.ts';
import type { EvidencePackRow } from '../store/tables.ts';
import type { ReadLogEntry } from '../work/read-log.ts';
import type { EvidencePack, LogEntry } from './types.ts';

/** Entries name items and people. Who may see totals only may not see them. Throws FORBIDDEN. */
export function requireEntries({ actor }: RequestContext): void {
  // The gateway lets nobody in without an identity unless the house is open to readers.
  if (actor === undefined || hasRole(actor, ...ROLES.filter((role) => role !== 'executive'))) return;
  throw new GraphQLError('this needs another role than executive', { extensions: { code: 'FORBIDDEN' } });
}

export function entryView({ position, entry, text }: ReadLogEntry): LogEntry {
  const { id, plane, action, actor, subject, outcome, occurredAt } = entry;
  const digests = Object.entries(entry.digests ?? {}).map(([name, value]) => ({ name, value }));
  const { source = null, target = null, reason = null } = entry;
  return { id, position, plane, action, actor, subject, source, target, outcome, occurredAt, reason, digests, text };
}

export function packView(row: EvidencePackRow, origin: string): EvidencePack {
  const { id, name, number, state, requestedBy, requestedAt, checkpointSize, checkpointRoot, migrationId } = row;
  return {
    id,
    directory: name,
    number,
    state,
    requestedBy,
    requestedAt,
    sealedAt: row.sealedAt ?? null,
    bagDigest: row.bagDigest ?? null,
    checkpoint: checkpointSize == null ? null : `${origin} ${checkpointSize} ${checkpointRoot}`,
    problem: row.problem ?? null,
    migration: { id: migrationId },
  };
}

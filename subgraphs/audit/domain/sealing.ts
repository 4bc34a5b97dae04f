/** The names by which a request to seal evidence travels: from the mutation, through the events, to the job. */
import { derivedId, type Id } from '../../../kernel/id.ts';

export const EVIDENCE_REQUESTED = 'audit.evidence-requested.v1';
export const EVIDENCE_SEALED = 'audit.evidence-sealed.v1';
export const SEAL_JOB = 'audit.seal-evidence';

/** The id of the audit entry that says a pack was asked for. */
export function requestEntryId(packId: Id): Id {
  return derivedId('aud', 'evidence-requested', packId);
}

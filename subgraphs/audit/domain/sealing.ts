/** The names by which a request to seal evidence travels: from the mutation, through the events, to the job. */
export const EVIDENCE_REQUESTED = 'audit.evidence-requested.v1';
export const EVIDENCE_SEALED = 'audit.evidence-sealed.v1';
export const SEAL_JOB = 'audit.seal-evidence';

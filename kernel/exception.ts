/** The kinds of exceptions and how grave they are: the words of the policy and of the queue. */
export const CATEGORIES = [
  'missing-record',
  'duplicate-record',
  'truncation',
  'code-translation-mismatch',
  'timestamp-shift',
  'attachment-not-found',
  'value-mismatch',
  'digest-mismatch',
  'schema-invalid',
  'content-implausible',
  'orphan',
  'unreadable',
  'conflicting-allergy',
  'duplicate-patient',
  'sequence-gap',
  'unexpected-record',
  'precision-loss',
  'incomplete-chart',
  'wrong-patient',
  'workflow-failed',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** P1 patient safety, P2 clinical or financial harm, P3 visible defect, P4 cosmetic. */
export const SEVERITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export type Severity = (typeof SEVERITIES)[number];

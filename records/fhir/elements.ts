/** What FHIR R4 demands of the clinical resources a migration lives on: required elements, bound codes, dates. */

export interface ElementRule {
  /** From the resource down; `[x]` stands for any data type of a choice. Lists are walked by themselves. */
  readonly path: string;
  readonly required?: true;
  /** The codes of a required binding: of a code, or of the codings of a concept. */
  readonly codes?: readonly string[];
  readonly date?: 'date' | 'dateTime' | 'instant';
}

const ENTERED_IN_ERROR = 'entered-in-error';

const reference = (path: string): ElementRule => ({ path, required: true });
const status = (...codes: readonly string[]): ElementRule => ({ path: 'status', required: true, codes });
const bound = (path: string, ...codes: readonly string[]): ElementRule => ({ path, codes });
const dateTimes = (...paths: readonly string[]): readonly ElementRule[] =>
  paths.map((path) => ({ path, date: 'dateTime' }));

export const CLINICAL_ELEMENTS: Readonly<Record<string, readonly ElementRule[]>> = {
  Patient: [
    bound('gender', 'male', 'female', 'other', 'unknown'),
    { path: 'birthDate', date: 'date' },
    ...dateTimes('deceasedDateTime'),
    bound('name.use', 'usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'),
    bound('telecom.system', 'phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'),
    { path: 'link.other', required: true },
    { path: 'link.type', required: true, codes: ['replaced-by', 'replaces', 'refer', 'seealso'] },
  ],
  AllergyIntolerance: [
    reference('patient'),
    bound('clinicalStatus', 'active', 'inactive', 'resolved'),
    bound('verificationStatus', 'unconfirmed', 'confirmed', 'refuted', ENTERED_IN_ERROR),
    bound('type', 'allergy', 'intolerance'),
    bound('category', 'food', 'medication', 'environment', 'biologic'),
    bound('criticality', 'low', 'high', 'unable-to-assess'),
    { path: 'reaction.manifestation', required: true },
    bound('reaction.severity', 'mild', 'moderate', 'severe'),
    ...dateTimes('onsetDateTime', 'recordedDate', 'lastOccurrence', 'reaction.onset'),
  ],
  Condition: [
    reference('subject'),
    bound('clinicalStatus', 'active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved'),
    bound('verificationStatus', 'unconfirmed', 'provisional', 'differential', 'confirmed', 'refuted', ENTERED_IN_ERROR),
    ...dateTimes('onsetDateTime', 'abatementDateTime', 'recordedDate'),
  ],
  MedicationRequest: [
    status('active', 'on-hold', 'cancelled', 'completed', ENTERED_IN_ERROR, 'stopped', 'draft', 'unknown'),
    {
      path: 'intent',
      required: true,
      codes: [
        'proposal',
        'plan',
        'order',
        'original-order',
        'reflex-order',
        'filler-order',
        'instance-order',
        'option',
      ],
    },
    { path: 'medication[x]', required: true },
    reference('subject'),
    bound('priority', 'routine', 'urgent', 'asap', 'stat'),
    ...dateTimes('authoredOn'),
  ],
  Observation: [
    status('registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', ENTERED_IN_ERROR, 'unknown'),
    { path: 'code', required: true },
    { path: 'component.code', required: true },
    ...dateTimes('effectiveDateTime', 'valueDateTime'),
    { path: 'issued', date: 'instant' },
  ],
  DiagnosticReport: [
    status(
      'registered',
      'partial',
      'preliminary',
      'final',
      'amended',
      'corrected',
      'appended',
      'cancelled',
      ENTERED_IN_ERROR,
      'unknown',
    ),
    { path: 'code', required: true },
    ...dateTimes('effectiveDateTime'),
    { path: 'issued', date: 'instant' },
  ],
  Encounter: [
    status(
      'planned',
      'arrived',
      'triaged',
      'in-progress',
      'onleave',
      'finished',
      'cancelled',
      ENTERED_IN_ERROR,
      'unknown',
    ),
    { path: 'class', required: true },
    ...dateTimes('period.start', 'period.end'),
  ],
  Immunization: [
    status('completed', ENTERED_IN_ERROR, 'not-done'),
    { path: 'vaccineCode', required: true },
    reference('patient'),
    { path: 'occurrence[x]', required: true },
    ...dateTimes('occurrenceDateTime', 'recorded'),
    { path: 'expirationDate', date: 'date' },
  ],
  DocumentReference: [
    status('current', 'superseded', ENTERED_IN_ERROR),
    bound('docStatus', 'preliminary', 'final', 'amended', ENTERED_IN_ERROR),
    { path: 'content', required: true },
    { path: 'content.attachment', required: true },
    { path: 'date', date: 'instant' },
  ],
};

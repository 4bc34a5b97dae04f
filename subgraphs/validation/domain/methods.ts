/**
 * The catalogue of methods: what each verifies, and what it cannot. No one of them is enough for everything; which ones
 * were used on a dataset stands in its line of the coverage matrix.
 */
export const METHOD_IDS = ['checksum', 'row-count', 'field-level', 'sampling-review', 'workflow-validation'] as const;
export type MethodId = (typeof METHOD_IDS)[number];

export interface ValidationMethod {
  readonly id: MethodId;
  readonly name: string;
  /** How it is done here. */
  readonly how: string;
  readonly verifies: string;
  readonly cannotSee: string;
  /** The data it suits best. */
  readonly suits: string;
}

export const VALIDATION_METHODS: readonly ValidationMethod[] = [
  {
    id: 'checksum',
    name: 'Checksum',
    how: 'SHA-256 of every byte read back from the target over a connection of its own, against the sealed manifest',
    verifies: 'that the bytes at the target are the bytes that left the source',
    cannotSee: 'whether they were right at the source, can be opened, belong to the right patient, or were mapped well',
    suits: 'documents, images and archives that move unchanged',
  },
  {
    id: 'row-count',
    name: 'Row count',
    how: 'every item of the survey accounted for, and the number of records on both sides, as control totals',
    verifies: 'that nothing is missing and nothing is there twice, by number and by key',
    cannotSee: 'what is inside a record: a right number of wrong records passes',
    suits: 'everything, and never alone',
  },
  {
    id: 'field-level',
    name: 'Field-level comparison',
    how: 'every record read back and held, field by field, against what the approved lineage makes of the original',
    verifies: 'values, codes, dates and references of each record, and truncation at the target',
    cannotSee: 'whether the lineage says the right thing, and fields that no rule maps (the loss report lists those)',
    suits: 'allergies, medications, problems, results and billing codes',
  },
  {
    id: 'sampling-review',
    name: 'Sampling review',
    how: 'a random sample of the size the risk model asks for, drawn again from its seed; unusual items besides',
    verifies: 'that the defect rate is below what is tolerable, with the confidence that is stated',
    cannotSee: 'a defect in an item that was not drawn; it says nothing about any one item',
    suits: 'large archives of low risk, under a risk model that two people approved',
  },
  {
    id: 'workflow-validation',
    name: 'Workflow validation',
    how:
      'charts opened through the API of the target, in its own order, and reports counted again; and people of each ' +
      'role go through guided scripts with real records in the target, and sign what they saw',
    verifies: 'that the data can be used for the work it is for: found, read in full, and acted on',
    cannotSee: 'charts that were not drawn, what the scripts do not walk through, and records that nobody opened',
    suits: 'what care and billing depend on, before the cutover',
  },
];

/** Takes down whom a document names inside, for it to be held against whom it is filed under. */
import { gather, ItemReading } from '../../../records/item-bytes.ts';
import { CLASSIFY_BYTES_MAX, classify, type ContentKind } from '../../../records/classify.ts';
import { PAPER_BYTES_MAX, papersOf, patientsInside } from '../checks/wrong-patient.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { Kin } from './kin.ts';
import type { BatchTask } from './batch-work.ts';
import type { Json } from '../../../kernel/canonical-json.ts';

/** Whose beginning is enough. */
const TEXTS: readonly ContentKind[] = ['text', 'rtf', 'html'];
const DOCUMENTS: readonly ContentKind[] = ['ccda', 'hl7v2', 'fhir-json'];

/** An item that passes through: under its path, for an index or a folder to say whose it is. */
export async function noteInside(
  task: BatchTask,
  kin: Kin,
  { path }: EligibleItem,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const reading = new ItemReading(bytes);
  try {
    const labels = labelsOf(task);
    const told = await toldOf(reading, labels);
    const numbers = told === undefined ? [] : patientsInside(told, labels);
    await kin.paper({ key: path, type: 'document', parent: null, position: '' }, numbers, 'inside');
  } finally {
    await reading.close();
  }
}

/** As much of a document as is needed to know whose it is; undefined where it does not say. */
async function toldOf(reading: ItemReading, labels: readonly string[]): Promise<Buffer | undefined> {
  const head = await reading.peek(CLASSIFY_BYTES_MAX);
  const kind = classify(head);
  if (TEXTS.includes(kind)) return labels.length === 0 ? undefined : head.subarray(0, CLASSIFY_BYTES_MAX);
  return DOCUMENTS.includes(kind) ? gather(reading, PAPER_BYTES_MAX) : undefined;
}

/** Documents inside of a record: filed under the patient of the record. */
export async function noteEnclosed(
  task: BatchTask,
  kin: Kin,
  record: {
    readonly key: string;
    readonly type: string;
    readonly parent: string | null;
    readonly position: string;
    readonly resource: Json;
  },
): Promise<void> {
  if (record.parent === null) return;
  for (const numbers of papersOf(record.resource, labelsOf(task))) await kin.paper(record, numbers, 'record');
}

function labelsOf({ policy }: BatchTask): readonly string[] {
  return policy.validation.patientLabels ?? [];
}

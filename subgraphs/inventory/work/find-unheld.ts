/** What items of a dataset need and none holds: the binary of a document, the parent of a note, an order's result. */
import type { Id } from '../../../kernel/id.ts';
import type { LinkKind } from '../domain/survey.ts';
import type { SurveyFindings } from '../domain/survey-findings.ts';
import { isAnyHeld, unheldLinks } from '../store/survey-links.ts';
import type { InventoryContext } from './context.ts';
import type { Pass } from './pass.ts';

const CODES: Readonly<Record<Exclude<LinkKind, 'answer'>, string>> = {
  binary: 'BINARY_MISSING',
  note: 'NOTE_PARENT_MISSING',
  order: 'ORDER_WITHOUT_RESULT',
};

export async function findUnheld(
  { store }: InventoryContext,
  { pass, datasets }: Pass,
  datasetId: Id,
  findings: SurveyFindings,
): Promise<void> {
  const datasetIds = datasets.map(({ id }) => id);
  const find = async (kind: LinkKind, code: string): Promise<void> => {
    const scope = { datasetId, datasetIds, kind, pass };
    for await (const itemId of unheldLinks((work) => store.read(work), scope)) findings.add(code, itemId);
  };
  for (const [kind, code] of Object.entries(CODES)) await find(kind as LinkKind, code);
  // Where no answers were surveyed at all, their absence says nothing of a message.
  const answers = { datasetId, datasetIds, kind: 'answer', pass } as const;
  if (await store.read((em) => isAnyHeld(em, answers))) await find('answer', 'MESSAGE_UNANSWERED');
}

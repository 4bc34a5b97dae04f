/** Whether receivers took over every message that was delivered to them, by target. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { ACKNOWLEDGEMENTS, UNCLOSED } from '../checks/opened-chart.ts';
import { type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import { countOpen } from '../store/exceptions.ts';
import type { House } from './house.ts';
import { aboutTarget } from './open-charts.ts';
import type { RelatedDataset } from './unexpected.ts';

/** Of targets that ask a receiver. What is open now counts: a receiver that has answered since closed its exception. */
export async function acknowledgementLines(
  house: House,
  datasets: readonly RelatedDataset[],
): Promise<readonly WorkflowLine[]> {
  const asking = datasets.filter(({ batch }) => (batch.answers ?? 0) > 0);
  const lines: WorkflowLine[] = [];
  for (const group of Map.groupBy(asking, ({ plan }) => canonicalJson(plan.target)).values()) {
    const ids = group.map(({ batch }) => batch.id);
    const about = { batchId: { $in: ids }, code: { $in: [...UNCLOSED] } };
    const failed = await house.store.read((em) => countOpen(em, about, house.clock.now().toISOString()));
    const asked = group.reduce((sum, { batch }) => sum + (batch.answers ?? 0), 0);
    lines.push(workflowLine(aboutTarget(ACKNOWLEDGEMENTS.id, group), { asked, failed, notVerifiable: 0 }, ''));
  }
  return lines;
}

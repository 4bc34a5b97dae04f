/** Holds an extract of rows against the profile that inventory sealed of its dataset. */
import { DatasetProfiler } from '../../../records/profile/profiler.ts';
import { departuresOf } from '../checks/profile-departure.ts';
import type { EligibleItem } from '../domain/account.ts';
import { finding } from '../domain/finding.ts';
import type { BatchTask } from './batch-work.ts';
import type { FindingBook } from './scratch.ts';

/** Nothing is said of a dataset that has no profile: the report names the profile it went by, or none. */
export async function holdToProfile(
  { task, findings }: { readonly task: BatchTask; readonly findings: FindingBook },
  { ordinal, itemId, path }: EligibleItem,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { profile } = task;
  if (profile === null) return;
  const profiler = new DatasetProfiler({ format: 'delimited', today: task.house.clock.now() });
  await profiler.add(path, bytes);
  for (const { code, column: field, note } of departuresOf(await profiler.profile(), profile)) {
    await findings.add(
      ordinal,
      finding({ origin: 'examination', category: 'schema-invalid', itemId, field, position: 'line 1', code, note }),
    );
  }
}

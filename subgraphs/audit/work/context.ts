/** What audit works with: its store, the log's files and sequencer, and the room where packs are sealed. */
import type { Clock } from '../../../kernel/clock.ts';
import type { CursorTopic } from '../../../runtime/progress.ts';
import type { Store } from '../../../runtime/store.ts';
import type { LogFiles } from './log-files.ts';
import type { ReadLogEntry } from './read-log.ts';
import type { RecordOffice } from './record-office.ts';
import type { Sequencer } from './sequencer.ts';

export interface AuditContext {
  readonly store: Store;
  readonly files: LogFiles;
  readonly sequencer: Sequencer;
  readonly office: RecordOffice;
  readonly clock: Clock;
  /** Every entry, once it is in a published checkpoint. */
  readonly appended: CursorTopic<ReadLogEntry>;
}

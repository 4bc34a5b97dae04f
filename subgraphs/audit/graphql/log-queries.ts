/** Looking into the log, once and live. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { BigIntScalar, type RequestContext } from '../../../runtime/request.ts';
import { encodeVerifier } from '../domain/note.ts';
import { findEntry, type EntryFilter } from '../store/entries.ts';
import { readHead } from '../store/log-head.ts';
import type { AuditContext } from '../work/context.ts';
import { growthProof, proofFileOf, readAt, readCheckpoint, type ReadLogEntry, readPage } from '../work/read-log.ts';
import { badInput, type Page, PAGE_ROWS_DEFAULT, pageOf, positionOf, requireFirst } from './pages.ts';
import { AuditLogFilter, Batch, Checkpoint, Item, LogEntry, LogEntryConnection, Migration } from './types.ts';
import { entryView, requireEntries } from './views.ts';

@Resolver(() => LogEntry)
export class LogQueries {
  readonly audit: AuditContext;

  constructor(audit: AuditContext) {
    this.audit = audit;
  }

  @Query(() => LogEntryConnection, { description: 'Every act, oldest first.' })
  auditLog(
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('filter', () => AuditLogFilter, { nullable: true }) filter?: AuditLogFilter,
  ): Promise<Page<LogEntry>> {
    const { subject, actor, action, plane, outcome } = filter ?? {};
    const chosen: EntryFilter = {
      subject: subject ?? undefined,
      actor: actor ?? undefined,
      action: action ?? undefined,
      plane: plane ?? undefined,
      outcome: outcome ?? undefined,
    };
    return pageOfLog(this.audit, request, chosen, first, after);
  }

  @Query(() => Checkpoint)
  async checkpoint(): Promise<Checkpoint> {
    const { sequencer, files } = this.audit;
    const { text, checkpoint } = await readCheckpoint(files, sequencer.verifier);
    const { origin, size, root } = checkpoint;
    return { origin, size, text, root: root.toString('base64'), verifierKey: encodeVerifier(sequencer.verifier) };
  }

  @Query(() => [String], {
    description: 'Base64 hashes that prove the log of now begins with its first `size` entries (RFC 6962).',
  })
  async consistencyProof(@Arg('size', () => BigIntScalar) size: bigint): Promise<readonly string[]> {
    const published = await readCheckpoint(this.audit.files, this.audit.sequencer.verifier);
    if (size < 0n || size > BigInt(published.checkpoint.size)) throw badInput('the log is not that long');
    return growthProof(this.audit.files, published, Number(size)).map((hash) => hash.toString('base64'));
  }

  @FieldResolver(() => String, { description: 'A .tlog-proof file: proves the entry to anybody who has the key.' })
  async proof(@Root() { position }: LogEntry): Promise<string> {
    const { files, sequencer } = this.audit;
    return proofFileOf(files, await readCheckpoint(files, sequencer.verifier), position);
  }

  @Subscription(() => LogEntry, {
    topics: ({ args, context }) => {
      requireEntries(context as RequestContext);
      return sinceTopic((args as { since?: string | null }).since);
    },
    description: 'Entries after a cursor, or from now on; none is ever left out.',
  })
  auditAppended(
    @Root() entry: ReadLogEntry,
    @Arg('since', () => String, { nullable: true, description: 'The position of the last entry seen.' })
    _since?: string,
  ): LogEntry {
    return entryView(entry);
  }

  /** How an entry is found by its key. */
  async find(id: string, request: RequestContext): Promise<LogEntry | null> {
    requireEntries(request);
    const found = await this.audit.store.read(async (em) => {
      const [entry, head] = [await findEntry(em, id), await readHead(em)];
      return entry !== undefined && entry.position < head.published ? entry : undefined;
    });
    return found === undefined ? null : entryView(await readAt(this.audit.files, found.position));
  }
}

/** The trail of one subject, contributed to the types of other subgraphs. */
abstract class Trail {
  readonly audit: AuditContext;

  constructor(audit: AuditContext) {
    this.audit = audit;
  }

  trail(id: string, request: RequestContext, first: number, after?: string): Promise<Page<LogEntry>> {
    return pageOfLog(this.audit, request, { subject: id }, first, after);
  }
}

@Resolver(() => Batch)
export class BatchTrail extends Trail {
  @FieldResolver(() => LogEntryConnection, { nullable: true })
  auditTrail(
    @Root() { id }: Batch,
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Page<LogEntry>> {
    return this.trail(id, request, first, after);
  }
}

@Resolver(() => Migration)
export class MigrationTrail extends Trail {
  @FieldResolver(() => LogEntryConnection, { nullable: true })
  auditTrail(
    @Root() { id }: Migration,
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Page<LogEntry>> {
    return this.trail(id, request, first, after);
  }
}

@Resolver(() => Item)
export class ItemTrail extends Trail {
  @FieldResolver(() => LogEntryConnection, { nullable: true })
  auditTrail(
    @Root() { id }: Item,
    @Ctx() request: RequestContext,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Page<LogEntry>> {
    return this.trail(id, request, first, after);
  }
}

const TOPIC = 'audit-appended:';

function sinceTopic(since: string | null | undefined): string {
  return `${TOPIC}${positionOf(since) ?? 'now'}`;
}

/** What a subscriber to a topic sees: everything after a position, or from the end of the log on. */
export function watchLog({ appended, sequencer }: AuditContext, topic: string): AsyncIterableIterator<ReadLogEntry> {
  const named = topic.slice(TOPIC.length);
  const last = sequencer.published - 1;
  if (named !== 'now') return appended.subscribe({ since: named });
  return appended.subscribe({ since: last < 0 ? undefined : String(last) });
}

async function pageOfLog(
  audit: AuditContext,
  request: RequestContext,
  filter: EntryFilter,
  first: number,
  after: string | undefined,
): Promise<Page<LogEntry>> {
  requireEntries(request);
  requireFirst(first);
  const position = positionOf(after);
  const { entries, total } = await readPage(audit, filter, first + 1, position);
  const cursorOf = (entry: LogEntry): string => String(entry.position);
  return pageOf(entries.map(entryView), { first, total, after: position, cursorOf });
}

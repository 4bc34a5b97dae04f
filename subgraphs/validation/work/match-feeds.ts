/** Stretches of days in which a feed that comes regularly did not: by type of message, within a batch. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { SILENCE } from '../checks/dropped-feed.ts';
import { finding } from '../domain/finding.ts';
import { scratchTable } from './match.ts';
import type { Desk } from './read-original.ts';
import { rowsOf } from './rows.ts';
import { FEED_DAYS, NO_ITEM } from './scratch.ts';

interface Silence {
  readonly x: string;
  readonly day: string;
  readonly step: number;
  readonly usual: number;
}

/** No item is to blame: it is told of the dataset, at the last day before the silence. */
export async function matchFeeds(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'feed_day', FEED_DAYS);
  const { feedDaysMin, usualStepShare, silentDaysMin, silentStepsMin } = desk.task.policy.validation.silence ?? SILENCE;
  const silences = `with day as (select distinct x, try_cast(v as date) d from feed_day),
    step as (select x, (d - lag(d) over along)::integer as step, lag(d) over along as latest from day
      where d is not null window along as (partition by x order by d)),
    habit as (select x, quantile_disc(step, ${usualStepShare}) usual, count(*) steps from step group by x
      having count(*) >= ${feedDaysMin})
    select x, latest::varchar as day, step, usual from step join habit using (x)
      where step >= greatest(${silentDaysMin}, (${silentStepsMin} + log10(steps)) * usual) order by x, latest`;
  for await (const { x, day, step, usual } of rowsOf<Silence>(db, silences)) {
    const note = `no message of this type for ${step - 1} days, where one comes at least every ${usual} days`;
    const seen = { origin: 'sequence', category: 'sequence-gap', code: 'FEED_SILENT', note } as const;
    await desk.findings.add(NO_ITEM, finding({ position: `${x} after ${day}`, ...seen }));
  }
}

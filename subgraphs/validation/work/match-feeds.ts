/** Stretches of days in which a feed that comes regularly did not: by type of message, within a batch. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { SILENCE } from '../checks/dropped-feed.ts';
import { finding } from '../domain/finding.ts';
import type { Desk } from './read-original.ts';
import { rowsOf } from './rows.ts';
import { DECLARED_FEEDS, FEED_DAYS, NO_ITEM } from './scratch.ts';
import { scratchTable } from './scratch-tables.ts';

interface Silence {
  readonly x: string;
  /** The last day with a message before it, or the day before the first that is declared. */
  readonly latest: string | null;
  readonly step: number | null;
  readonly usual: number | null;
}

/** No item is to blame: it is told of the dataset, at the last day before the silence. */
export async function matchFeeds(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'feed_day', FEED_DAYS);
  const declared = await desk.spool.lines(DECLARED_FEEDS);
  for (const { messages: x, from: f, until: u, everyDays: e } of desk.task.plan.feeds) {
    await declared.line({ x, f, u, e });
  }
  await scratchTable(db, desk, 'declared_feed', DECLARED_FEEDS);
  for await (const silence of rowsOf<Silence>(db, silencesOf(desk))) {
    const seen = { origin: 'sequence', category: 'sequence-gap', code: 'FEED_SILENT' } as const;
    await desk.findings.add(NO_ITEM, finding({ ...seen, ...told(silence) }));
  }
}

/**
 * In the middle a feed is measured by its own rhythm, or by what is declared. At its ends, and where nothing came of
 * it, only what is declared tells a silence from a feed that began later: its first and last day stand as messages of
 * the day before and the day after.
 */
function silencesOf(desk: Desk): string {
  const { feedDaysMin, usualStepShare, silentDaysMin, silentStepsMin } = desk.task.policy.validation.silence ?? SILENCE;
  return `with seen as (select distinct x, try_cast(v as date) d from feed_day where try_cast(v as date) is not null),
    declared as (select x, try_cast(f as date) - 1 f, try_cast(u as date) + 1 u, e from declared_feed),
    day as (select x, d, 'own' kind from seen anti join (select x from declared where e is not null) told using (x)
      union select declared.x, d, 'declared' from declared join seen
        on seen.x = declared.x or starts_with(seen.x, declared.x || '^')),
    step as (select x, kind, (d - lag(d) over along)::integer step, lag(d) over along latest, d from day
      window along as (partition by x, kind order by d)),
    habit as (select x, kind, quantile_disc(step, ${usualStepShare}) usual, count(*) steps from step
      where step is not null group by x, kind having count(*) >= ${feedDaysMin}),
    edge as (select x, (min(day.d) - f)::integer step, f latest, min(day.d) d from declared join day using (x)
        where kind = 'declared' and f is not null group by x, f having min(day.d) > f
      union all select x, (u - max(day.d))::integer, max(day.d), u from declared join day using (x)
        where kind = 'declared' and u is not null group by x, u having max(day.d) < u),
    reckoned as (
      select x, step, latest, d, usual, greatest(${silentDaysMin}, (${silentStepsMin} + log10(steps)) * usual) least
        from step join habit using (x, kind) where kind = 'own'
      union all select x, step, latest, d, usual, greatest(${silentDaysMin}, (${silentStepsMin} + log10(steps)) * usual)
        from edge join habit using (x) join declared using (x) where kind = 'declared' and e is null
      union all select x, step, latest, d, e, e + 1
        from (select x, step, latest, d from step where kind = 'declared' union all from edge) join declared using (x)
        where e is not null)
    select x, latest::varchar latest, step, usual::integer usual from reckoned
      where step >= least
    union all select x, null, null, null from declared
      where not exists (from day where day.x = declared.x and kind = 'declared')
    order by x, latest`;
}

function told({ x, latest, step, usual }: Silence): { readonly position: string; readonly note: string } {
  if (step === null) return { position: x, note: 'no message at all of a type that the plan declares' };
  const note = `no message of this type for ${step - 1} days, where one comes at least every ${usual} days`;
  return { position: `${x} after ${latest}`, note };
}

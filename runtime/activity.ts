/** A fingerprint of everything events and jobs have done so far; equal ones mean that nothing happened in between. */
import { sql } from 'kysely';
import { type Platform, platformTable } from './platform.ts';

export async function activity(platform: Platform): Promise<string> {
  const found = await sql<Record<'events' | 'jobs' | 'tokens', number | string | null>>`
    select (select max(seq) from ${platformTable(platform.dialect, 'event')}) as events,
      count(*) as jobs, sum(token) as tokens from ${platformTable(platform.dialect, 'job')}`.execute(platform.reader);
  const { events = 0, jobs = 0, tokens = 0 } = found.rows[0] ?? {};
  return `${events}/${jobs}/${tokens}`;
}

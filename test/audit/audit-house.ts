/** An audit subgraph at work, asked as the gateway would ask it. */
import { randomBytes } from 'node:crypto';
import { type ExecutionResult, graphql, parse, subscribe } from 'graphql';
import type { Actor, Role } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Database } from '../../runtime/database.ts';
import { openKeys } from '../../runtime/keys.ts';
import { silentLog } from '../../runtime/log.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { openStrongroom } from '../../runtime/strongroom.ts';
import { type OpenSubgraph, type RunningSubgraphs, runSubgraphs } from '../../runtime/subgraph.ts';
import { audit } from '../../subgraphs/audit/main.ts';
import type { Place } from '../support/databases.ts';

export const person = (id: string, ...roles: Role[]): Actor => ({ type: 'user', id, roles });

export interface AuditHouse {
  readonly database: Database;
  readonly subgraph: OpenSubgraph;
  readonly running: RunningSubgraphs;
  ask(query: string, actor: Actor | undefined, variables?: Record<string, unknown>): Promise<ExecutionResult>;
  watch(query: string, actor: Actor | undefined): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
  close(): Promise<void>;
}

export async function openAuditHouse(place: Place): Promise<AuditHouse> {
  const { directory } = place;
  const database = await place.open([audit.store]);
  const shared = { database, log: silentLog, metrics: openMetrics(), bandwidth: new Bandwidth({ clock: systemClock }) };
  const subgraph = await audit.open({
    ...shared,
    strongroom: await openStrongroom(directory),
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    config: loadConfig({ directory, environment: {} }),
    keys: openKeys(directory),
  });
  const running = runSubgraphs([subgraph], shared);
  const { schema } = subgraph;
  return {
    database,
    subgraph,
    running,
    ask: (source, actor, variableValues) => graphql({ schema, source, contextValue: { actor }, variableValues }),
    watch: (source, actor) =>
      subscribe({ schema, document: parse(source), contextValue: { actor } }) as ReturnType<AuditHouse['watch']>,
    close: () => running.close(),
  };
}

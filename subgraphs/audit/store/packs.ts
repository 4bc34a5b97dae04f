/** Evidence packs, from the request to seal one. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { brokenPromise } from '../../../kernel/fault.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { Unit } from '../../../runtime/store.ts';
import { packName } from '../domain/pack-paths.ts';
import { lockHead } from './log-head.ts';
import { EvidencePackRow } from './tables.ts';

export interface PackRequest {
  readonly migrationId: Id;
  readonly slug: string;
  readonly requestedBy: string;
  /** RFC 3339, UTC. */
  readonly requestedAt: string;
}

/** Requests a pack under the next number of its migration's name; numbers have no gaps and no doubles. */
export async function requestPack(unit: Unit, request: PackRequest): Promise<EvidencePackRow> {
  // Whoever draws a number holds the head, so no two draw the same.
  await lockHead(unit);
  const { slug } = request;
  const [last] = await unit.em.find(EvidencePackRow, { slug }, { orderBy: { number: 'desc' }, limit: 1 });
  const number = (last?.number ?? 0) + 1;
  const name = packName(slug, number);
  return unit.em.create(EvidencePackRow, {
    ...request,
    id: derivedId('pack', name),
    name,
    number,
    state: 'sealing',
    sealedAt: null,
    bagDigest: null,
    checkpointSize: null,
    checkpointRoot: null,
    problem: null,
  });
}

export async function packById(em: SqlEntityManager, id: Id): Promise<EvidencePackRow> {
  const pack = await em.findOne(EvidencePackRow, { id });
  if (pack === null) throw brokenPromise('there is no such evidence pack', id);
  return pack;
}

/** The packs of a migration, or of all, oldest first. */
export function packsOf(em: SqlEntityManager, migrationId: Id | undefined): Promise<EvidencePackRow[]> {
  const where = migrationId === undefined ? {} : { migrationId };
  return em.find(EvidencePackRow, where, { orderBy: { requestedAt: 'asc', name: 'asc' } });
}

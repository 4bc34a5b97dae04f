/** What items hold and need of one another: written item by item, compared page by page. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import type { LinkKind } from '../domain/survey.ts';
import { SurveyLink } from './survey-tables.ts';

const WRITE_ROWS = 500;
const PAGE_ROWS = 1000;

/** Rows that are there already are taken over into the pass. */
export async function saveLinks(em: SqlEntityManager, links: readonly SurveyLink[]): Promise<void> {
  for (let at = 0; at < links.length; at += WRITE_ROWS) {
    await em.upsertMany(SurveyLink, links.slice(at, at + WRITE_ROWS), {
      onConflictFields: ['datasetId', 'kind', 'key', 'side', 'itemId'],
      onConflictMergeFields: ['pass'],
      disableIdentityMap: true,
    });
  }
}

type Read = <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;

export interface LinkScope {
  readonly datasetId: Id;
  /** Where what is needed may be held. */
  readonly datasetIds: readonly Id[];
  readonly kind: LinkKind;
  readonly pass: number;
}

/** Yields the item of every key that is needed in the dataset and held nowhere. */
export async function* unheldLinks(read: Read, scope: LinkScope): AsyncGenerator<Id> {
  const { datasetId, kind, pass } = scope;
  let after: { readonly key: string; readonly itemId: string } | undefined;
  for (;;) {
    const last = after;
    const later = last && { $or: [{ key: { $gt: last.key } }, { key: last.key, itemId: { $gt: last.itemId } }] };
    const page = await read(async (em) => {
      const where = { datasetId, kind, side: 'needs' as const, pass };
      const needs = await em.find(SurveyLink, later === undefined ? where : { $and: [where, later] }, {
        orderBy: { key: 'asc', itemId: 'asc' },
        limit: PAGE_ROWS,
        disableIdentityMap: true,
      });
      return { needs, held: await heldKeys(em, scope, new Set(needs.map(({ key }) => key))) };
    });
    for (const { key, itemId } of page.needs) if (!page.held.has(key)) yield itemId;
    after = page.needs.at(-1);
    if (after === undefined || page.needs.length < PAGE_ROWS) return;
  }
}

async function heldKeys(em: SqlEntityManager, scope: LinkScope, keys: ReadonlySet<string>) {
  const { datasetIds, kind, pass } = scope;
  const where = { datasetId: { $in: [...datasetIds] }, kind, key: { $in: [...keys] }, side: 'holds' as const, pass };
  const rows = keys.size === 0 ? [] : await em.find(SurveyLink, where, { fields: ['key'], disableIdentityMap: true });
  return new Set(rows.map(({ key }) => key));
}

/** Whether anything of the kind is held at all. */
export async function isAnyHeld(em: SqlEntityManager, { datasetIds, kind, pass }: LinkScope): Promise<boolean> {
  const where = { datasetId: { $in: [...datasetIds] }, kind, side: 'holds' as const, pass };
  return (await em.count(SurveyLink, where)) > 0;
}

/** Removes what items of an earlier pass held and needed. */
export async function forgetLinks(em: SqlEntityManager, datasetIds: readonly Id[], before: number): Promise<void> {
  await em.nativeDelete(SurveyLink, { datasetId: { $in: [...datasetIds] }, pass: { $lt: before } });
}

/** Evidence packs: looking at them, and asking for one. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import { packsOf } from '../store/packs.ts';
import type { AuditContext } from '../work/context.ts';
import { requestEvidence } from '../work/request-evidence.ts';
import { type Page, PAGE_ROWS_DEFAULT, pageOf, positionOf, requireFirst } from './pages.ts';
import { EvidencePack, EvidencePackConnection, Migration, SealEvidenceInput, SealEvidencePayload } from './types.ts';
import { packView } from './views.ts';

@Resolver(() => EvidencePack)
export class EvidenceQueries {
  readonly audit: AuditContext;

  constructor(audit: AuditContext) {
    this.audit = audit;
  }

  @Query(() => [EvidencePack], {
    description: 'Oldest first, those that are still sealing or could not be sealed too.',
  })
  async evidencePacks(@Arg('migrationId', () => ID) migrationId: string): Promise<readonly EvidencePack[]> {
    const rows = await this.audit.store.read((em) => packsOf(em, migrationId));
    return rows.map((row) => packView(row, this.audit.sequencer.origin));
  }

  @Mutation(() => SealEvidencePayload, { description: 'Seals what is known of a migration by now.' })
  async sealEvidence(
    @Arg('input', () => SealEvidenceInput) { migrationId }: SealEvidenceInput,
    @Ctx() request: RequestContext,
  ): Promise<SealEvidencePayload> {
    const actor = requireRole(request, 'operator', 'approver', 'auditor');
    const outcome = await requestEvidence(this.audit, migrationId, actor);
    if (!outcome.ok) return { pack: null, userErrors: userErrors(outcome.refusals) };
    return { pack: packView(outcome.value, this.audit.sequencer.origin), userErrors: [] };
  }
}

@Resolver(() => Migration)
export class MigrationEvidence {
  readonly audit: AuditContext;

  constructor(audit: AuditContext) {
    this.audit = audit;
  }

  @FieldResolver(() => EvidencePackConnection, { nullable: true, description: 'The sealed packs.' })
  async evidence(
    @Root() { id }: Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Page<EvidencePack>> {
    requireFirst(first);
    const number = positionOf(after);
    const rows = await this.audit.store.read((em) => packsOf(em, id));
    const sealed = rows
      .filter((row) => row.state === 'sealed')
      .map((row) => packView(row, this.audit.sequencer.origin));
    const beyond = sealed.filter((pack) => pack.number > (number ?? 0)).slice(0, first + 1);
    const cursorOf = (pack: EvidencePack): string => String(pack.number);
    return pageOf(beyond, { first, total: sealed.length, after: number, cursorOf });
  }
}

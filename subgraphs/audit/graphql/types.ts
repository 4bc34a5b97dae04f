/** What audit shows: entries with their proofs, the checkpoint, evidence packs. Ids and digests, never patient data. */
import 'reflect-metadata';
import { Directive, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { AuditEntry } from '../../../kernel/event.ts';
import { BigIntScalar, DateTime, PageInfo, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import type { PackState } from '../store/tables.ts';

const Planes = { OPERATIONAL: 'operational', CLINICAL: 'clinical' } as const;
const Outcomes = { SUCCEEDED: 'succeeded', REFUSED: 'refused', FAILED: 'failed' } as const;
const PackStates = { SEALING: 'sealing', SEALED: 'sealed', FAILED: 'failed' } as const;
registerEnumType(Planes, { name: 'AuditPlane', description: 'Clinical: what became of a patient’s data.' });
registerEnumType(Outcomes, { name: 'AuditOutcome' });
registerEnumType(PackStates, { name: 'EvidencePackState' });

@ObjectType({ description: 'The digest of a document or of bytes that an entry speaks of.' })
export abstract class EntryDigest {
  @Field(() => String)
  abstract readonly name: string;

  @Field(() => String)
  abstract readonly value: string;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'One act, in the append-only log for ever.' })
export abstract class LogEntry {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => BigIntScalar, { description: 'Its place in the log, from 0.' })
  abstract readonly position: number;

  @Field(() => Planes)
  abstract readonly plane: AuditEntry['plane'];

  @Field(() => String)
  abstract readonly action: string;

  @Field(() => String)
  abstract readonly actor: string;

  @Field(() => ID, { description: 'What it is about.' })
  abstract readonly subject: string;

  @Field(() => String, { nullable: true })
  abstract readonly source: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly target: string | null;

  @Field(() => Outcomes)
  abstract readonly outcome: AuditEntry['outcome'];

  @Field(() => DateTime)
  abstract readonly occurredAt: string;

  @Field(() => String, { nullable: true })
  abstract readonly reason: string | null;

  @Field(() => [EntryDigest])
  abstract readonly digests: readonly EntryDigest[];

  @Field(() => String, { description: 'Its exact text; SHA-256 of a zero byte and this is the leaf.' })
  abstract readonly text: string;
}

@ObjectType()
export abstract class LogEntryEdge {
  @Field(() => String)
  abstract readonly cursor: string;

  @Field(() => LogEntry)
  abstract readonly node: LogEntry;
}

@ObjectType({ description: 'Oldest first.' })
export abstract class LogEntryConnection {
  @Field(() => [LogEntry])
  abstract readonly nodes: readonly LogEntry[];

  @Field(() => [LogEntryEdge])
  abstract readonly edges: readonly LogEntryEdge[];

  @Field(() => PageInfo)
  abstract readonly pageInfo: PageInfo;

  @Field(() => Int)
  abstract readonly totalCount: number;
}

@InputType()
export abstract class AuditLogFilter {
  @Field(() => ID, { nullable: true })
  abstract readonly subject?: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly actor?: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly action?: string | null;

  @Field(() => Planes, { nullable: true })
  abstract readonly plane?: AuditEntry['plane'] | null;

  @Field(() => Outcomes, { nullable: true })
  abstract readonly outcome?: AuditEntry['outcome'] | null;
}

@ObjectType({ description: 'The signed statement of how long the log is and what it holds.' })
export abstract class Checkpoint {
  @Field(() => String, { description: 'Names the log and its key.' })
  abstract readonly origin: string;

  @Field(() => BigIntScalar)
  abstract readonly size: number;

  @Field(() => String, { description: 'Base64.' })
  abstract readonly root: string;

  @Field(() => String, { description: 'The signed note (C2SP tlog-checkpoint).' })
  abstract readonly text: string;

  @Field(() => String, { description: 'The key that opens the note (C2SP signed-note).' })
  abstract readonly verifierKey: string;
}

@Directive('@key(fields: "id")')
@ObjectType()
export class Migration {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id")')
@ObjectType()
export class Batch {
  @Field(() => ID)
  readonly id: string = '';
}

@Directive('@key(fields: "id")')
@ObjectType()
export class Item {
  @Field(() => ID)
  readonly id: string = '';
}

@ObjectType({ description: 'Everything an outsider needs to check a migration, in one signed folder.' })
export abstract class EvidencePack {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String, { description: 'The name of its folder in <data>/evidence.' })
  abstract readonly directory: string;

  @Field(() => Int)
  abstract readonly number: number;

  @Field(() => PackStates)
  abstract readonly state: PackState;

  @Field(() => String)
  abstract readonly requestedBy: string;

  @Field(() => DateTime)
  abstract readonly requestedAt: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly sealedAt: string | null;

  @Field(() => Sha256Scalar, { nullable: true, description: 'Of its tag manifest, which covers every file.' })
  abstract readonly bagDigest: string | null;

  @Field(() => String, { nullable: true, description: 'Origin, size and root of the log it was sealed with.' })
  abstract readonly checkpoint: string | null;

  @Field(() => String, { nullable: true, description: 'Why it could not be sealed.' })
  abstract readonly problem: string | null;

  @Field(() => Migration, { nullable: true })
  abstract readonly migration: Migration | null;
}

@ObjectType()
export abstract class EvidencePackEdge {
  @Field(() => String)
  abstract readonly cursor: string;

  @Field(() => EvidencePack)
  abstract readonly node: EvidencePack;
}

@ObjectType({ description: 'Oldest first.' })
export abstract class EvidencePackConnection {
  @Field(() => [EvidencePack])
  abstract readonly nodes: readonly EvidencePack[];

  @Field(() => [EvidencePackEdge])
  abstract readonly edges: readonly EvidencePackEdge[];

  @Field(() => PageInfo)
  abstract readonly pageInfo: PageInfo;

  @Field(() => Int)
  abstract readonly totalCount: number;
}

@InputType()
export abstract class SealEvidenceInput {
  @Field(() => ID)
  abstract readonly migrationId: string;
}

@ObjectType()
export abstract class SealEvidencePayload {
  @Field(() => EvidencePack, { nullable: true, description: 'Still sealing when it takes long: look again.' })
  abstract readonly pack: EvidencePack | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

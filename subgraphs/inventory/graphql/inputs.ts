/** What inventory's mutations take and give. */
import 'reflect-metadata';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Json } from '../../../kernel/canonical-json.ts';
import { JsonScalar, Sha256Scalar, UserError } from '../../../runtime/request.ts';
import { Dataset, Exclusion, Migration } from './types.ts';

@InputType({ description: 'A lineage map that the plan names by path: its text, or the map itself.' })
export abstract class LineageDocumentInput {
  @Field(() => String, { description: 'As it stands in the plan.' })
  abstract readonly reference: string;

  @Field(() => String, { nullable: true, description: 'YAML or JSON.' })
  abstract readonly text?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'As schema/lineage.v1.json says; instead of the text.' })
  abstract readonly map?: Json;
}

@InputType({ description: 'A code map (a document of its own) that the plan names by path.' })
export abstract class CodeMapDocumentInput {
  @Field(() => String, { description: 'As it stands in the plan.' })
  abstract readonly reference: string;

  @Field(() => String, { description: 'Base64 of the gzip of its text: some hold tens of thousands of codes.' })
  abstract readonly gzip: string;
}

@InputType()
export abstract class DeclareMigrationInput {
  @Field(() => JsonScalar, { description: 'A plan (schema/plan.v1.json) whose references to files are absolute.' })
  abstract readonly plan: Json;

  @Field(() => String, { nullable: true, description: 'The text of the policy; without one the safe defaults hold.' })
  abstract readonly policy?: string | null;

  @Field(() => [LineageDocumentInput], { defaultValue: [] })
  abstract readonly lineages: readonly LineageDocumentInput[];

  @Field(() => [CodeMapDocumentInput], { defaultValue: [] })
  abstract readonly codeMaps: readonly CodeMapDocumentInput[];
}

@InputType()
export abstract class SurveyMigrationInput {
  @Field(() => ID)
  abstract readonly migrationId: string;
}

@InputType()
export abstract class ProposeLineageInput {
  @Field(() => ID)
  abstract readonly datasetId: string;
}

@InputType()
export abstract class ApproveLineageInput {
  @Field(() => ID)
  abstract readonly datasetId: string;

  @Field(() => Sha256Scalar, { nullable: true, description: 'The map that was looked at; null for pass-through.' })
  abstract readonly lineage?: string | null;
}

@InputType()
export abstract class RecordExclusionInput {
  @Field(() => ID)
  abstract readonly datasetId: string;

  @Field(() => String)
  abstract readonly glob: string;

  @Field(() => String, { description: 'Never patient data.' })
  abstract readonly reason: string;
}

@InputType()
export abstract class ApproveExclusionInput {
  @Field(() => ID)
  abstract readonly exclusionId: string;
}

@ObjectType()
export abstract class DeclareMigrationPayload {
  @Field(() => Migration, { nullable: true })
  abstract readonly migration: Migration | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class SurveyMigrationPayload extends DeclareMigrationPayload {}

@ObjectType()
export abstract class ProposeLineagePayload {
  @Field(() => Dataset, { nullable: true })
  abstract readonly dataset: Dataset | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class ApproveLineagePayload extends ProposeLineagePayload {}

@ObjectType()
export abstract class RecordExclusionPayload {
  @Field(() => Exclusion, { nullable: true })
  abstract readonly exclusion: Exclusion | null;

  @Field(() => [UserError])
  abstract readonly userErrors: readonly UserError[];
}

@ObjectType()
export abstract class ApproveExclusionPayload extends RecordExclusionPayload {}

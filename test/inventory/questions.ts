/** What the tests of inventory ask, and the datasets they ask about. */
import type { Json } from '../../kernel/canonical-json.ts';
import { derivedId } from '../../kernel/id.ts';
import type { House } from './house.ts';
import { at } from './house.ts';

export const DECLARE = `mutation ($plan: JSON! $policy: String) {
  declareMigration(input: { plan: $plan, policy: $policy }) {
    migration { id name plan policy declaredBy launched }
    userErrors { code message field remedy }
  }
}`;
export const SURVEY = `mutation ($id: ID! ) {
  surveyMigration(input: { migrationId: $id }) { migration { survey { state } } userErrors { code remedy } }
}`;
export const LOOK = `query ($id: ID! ) {
  migration(id: $id) {
    survey { state items bytes unclaimedItems unclaimedBytes failure { code reason } }
    readiness { ready state lines { requirement line ok code reason } }
    systems { name role endpoints { connector negotiated problem { code } } }
    datasets { totalCount pageInfo { hasNextPage } nodes {
      id name tier format select owner survey items excludedItems bytes target { name }
      lineage { reference digest state approvedBy } exclusions { id glob reason approvedBy }
    } }
  }
}`;
export const ITEMS = `query ($datasetId: ID! $first: Int! $after: String) {
  items(datasetId: $datasetId, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id path sizeBytes excluded dataset { name } }
  }
}`;

export const documents = {
  name: 'documents',
  tier: 'historical-searchable',
  select: 'documents/**',
  format: 'document',
  lineage: 'pass-through',
  owner: 'him',
  exclusions: [{ glob: '**/*.tmp', reason: 'left over by the scanner', approvedBy: 'dr. paper' }],
};
export const rest = {
  name: 'rest',
  tier: 'active-clinical',
  select: '**/*.hl7',
  format: 'hl7v2',
  lineage: 'pass-through',
  owner: 'lab',
};
export const id = derivedId('mig', 'st-anne');
export const strange = 'documents/“quoted” name\nwith a line, {braces} *and* a ..dot';

export interface Line {
  readonly ok: boolean;
  readonly code: string;
}

/** The steps of a migration in a house; each waits until everything it caused has happened. */
export function stepsIn(house: () => House) {
  const look = (): Promise<unknown> => house().ask(LOOK, { id });
  return {
    look,
    lines: async () => at<readonly Line[]>(await look(), 'readiness.lines'),
    async declare(plan: Json, policy?: string): Promise<unknown> {
      const answer = await house().ask(DECLARE, { plan, policy });
      await house().running.settled();
      return answer;
    },
    async survey(): Promise<void> {
      await house().ask(SURVEY, { id });
      await house().running.settled();
    },
  };
}

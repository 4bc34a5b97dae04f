/** A compiled rule: fills a draft from a scope. */
import type { Draft } from './draft.ts';
import type { Trouble } from './source.ts';

export type Fill<Scope> = (scope: Scope, draft: Draft, trouble: Trouble) => void;

/** Written by runtime/migrate.ts: every migration of this store, oldest first. */
import type { StoreMigration } from '../../../../runtime/store.ts';
import { migration as _0001 } from './0001-first.ts';

export const migrations: readonly StoreMigration[] = [_0001];

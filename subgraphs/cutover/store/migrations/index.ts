/** Written by runtime/migrate.ts: every migration of this store, oldest first. */
import type { StoreMigration } from '../../../../runtime/store.ts';
import { migration as _0001 } from './0001-first.ts';
import { migration as _0002 } from './0002-neglected-exceptions.ts';
import { migration as _0003 } from './0003-acceptance.ts';

export const migrations: readonly StoreMigration[] = [_0001, _0002, _0003];

/** Written by runtime/migrate.ts: every migration of this store, oldest first. */
import type { StoreMigration } from '../../../../runtime/store.ts';
import { migration as _0001 } from './0001-first-tables.ts';
import { migration as _0002 } from './0002-readiness-expires.ts';
import { migration as _0003 } from './0003-standing-versions.ts';
import { migration as _0004 } from './0004-waiting.ts';
import { migration as _0005 } from './0005-held-by-bandwidth.ts';
import { migration as _0006 } from './0006-remedies.ts';

export const migrations: readonly StoreMigration[] = [_0001, _0002, _0003, _0004, _0005, _0006];

/** Written by runtime/migrate.ts: every migration of this store, oldest first. */
import type { StoreMigration } from '../../../../runtime/store.ts';
import { migration as _0001 } from './0001-first.ts';
import { migration as _0002 } from './0002-survey-runs.ts';
import { migration as _0003 } from './0003-loss-reports.ts';
import { migration as _0004 } from './0004-profiles.ts';
import { migration as _0005 } from './0005-programme.ts';
import { migration as _0006 } from './0006-readiness-until.ts';
import { migration as _0007 } from './0007-credentials.ts';
import { migration as _0008 } from './0008-bandwidth.ts';
import { migration as _0009 } from './0009-network.ts';

export const migrations: readonly StoreMigration[] = [_0001, _0002, _0003, _0004, _0005, _0006, _0007, _0008, _0009];

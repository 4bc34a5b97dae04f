/** Written by runtime/migrate.ts: every migration of this store, oldest first. */
import type { StoreMigration } from '../../../../runtime/store.ts';
import { migration as _0001 } from './0001-create.ts';
import { migration as _0002 } from './0002-exception-causes.ts';
import { migration as _0003 } from './0003-sampling.ts';
import { migration as _0004 } from './0004-exception-acts.ts';
import { migration as _0005 } from './0005-sign-offs.ts';
import { migration as _0006 } from './0006-exceptions-by-due.ts';
import { migration as _0007 } from './0007-group-acts.ts';
import { migration as _0008 } from './0008-walks.ts';
import { migration as _0009 } from './0009-due-in-one-scan.ts';
import { migration as _0010 } from './0010-filters-in-the-index.ts';
import { migration as _0011 } from './0011-remedies.ts';
import { migration as _0012 } from './0012-profiles.ts';
import { migration as _0013 } from './0013-workflow-of-items.ts';
import { migration as _0014 } from './0014-remedies-by-map.ts';
import { migration as _0015 } from './0015-answers-of-receivers.ts';
import { migration as _0016 } from './0016-failed-charts.ts';
import { migration as _0017 } from './0017-counts-in-the-index.ts';

export const migrations: readonly StoreMigration[] = [
  _0001,
  _0002,
  _0003,
  _0004,
  _0005,
  _0006,
  _0007,
  _0008,
  _0009,
  _0010,
  _0011,
  _0012,
  _0013,
  _0014,
  _0015,
  _0016,
  _0017,
];

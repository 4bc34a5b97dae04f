/** A host that has started a package which never gives the processor back, and waits to be killed. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IsolationLevel } from '../../../../plugins/host/index.ts';
import { startIsolated } from '../../../../plugins/host/isolate/process.ts';
import { NOBODY } from '../../../../plugins/host/isolate/services.ts';

const [, , folder = '', level] = process.argv;
const entry = pathToFileURL(join(folder, 'spin.js')).href;
startIsolated(
  { folder, entry, level: level as IsolationLevel },
  () => NOBODY,
  () => {},
);
setInterval(() => {}, 1_000);

/** `npm run truth [-- SHARE]`: the truth set on every store there is, in full or a share of it; exit 1 on any error. */
import { table } from '../../cli/table.ts';
import { DIALECTS } from '../../test/support/stores.ts';
import { reconcileTruth, type Truth } from './reconcile-truth.ts';
import { shareOf } from './plan.ts';
import { FULL, truthSet } from './truth-set.ts';

const SHOWN_MAX = 20;
const share = Number(process.argv[2] ?? '1');
const size = shareOf(FULL, share);

const rows: (readonly (string | number)[])[] = [];
const truths: Truth[] = [];
for (const { dialect: name, enter } of DIALECTS) {
  const place = await enter();
  try {
    process.stderr.write(`reconciling the truth set on ${name} ...\n`);
    const truth = await reconcileTruth(place, truthSet(size));
    truths.push(truth);
    const { source, target, planted, found, missed, invented, repeated, seconds } = truth;
    rows.push([name, source, target, planted, found, missed.length, invented.length, repeated, seconds.toFixed(1)]);
    for (const line of missed.slice(0, SHOWN_MAX)) process.stderr.write(`missed:   ${line}\n`);
    for (const line of invented.slice(0, SHOWN_MAX)) process.stderr.write(`invented: ${line}\n`);
  } finally {
    await place.leave();
  }
}
const head = ['store', 'source', 'target', 'planted', 'found', 'missed', 'invented', 'again', 'seconds'];
process.stdout.write(`${table(head, rows)}\n`);
const isOne = new Set(truths.map(({ reports }) => reports.join())).size === 1;
process.stdout.write(`reports of all stores: ${isOne ? 'identical' : 'different'}\n`);
const isTrue = truths.every(
  ({ missed, invented, repeated }) => missed.length + invented.length === 0 && repeated === 'identical',
);
process.exitCode = isTrue && isOne ? 0 : 1;

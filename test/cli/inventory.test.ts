/** `waybill inventory`: the register, and what keeps a migration from starting. */
import { expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { temporaryFolders } from '../support/places.ts';
import { startWaybill } from '../support/waybill.ts';

const folder = temporaryFolders();

test('of a plan shows who and what there is, and each line in the way with its requirement and its code', async () => {
  const directory = folder();
  for (const name of ['in', 'out']) mkdirSync(join(directory, name));
  const end = (name: string) => ({ connector: 'hl7-file-drop', config: { folder: `./${name}` } });
  const consumers = [{ name: 'census', kind: 'report' }];
  const dataset = { name: 'labs', tier: 'active-clinical', select: '**', format: 'hl7v2', lineage: 'pass-through' };
  const plan = {
    migration: 'st-anne',
    source: end('in'),
    target: end('out'),
    datasets: [{ ...dataset, owner: 'lab', domain: 'labs', consumers }],
    stakeholders: [{ name: 'Rita', role: 'CMIO', responsibility: 'safety', signsOff: ['cutover'] }],
  };
  writeFileSync(join(directory, 'plan.yaml'), stringify(plan));
  const run = (what: string) => startWaybill(['inventory', what, '--data', 'data'], { directory }).ended;
  const shown = await run('plan.yaml');
  expect(shown).toMatchObject({ code: 2, stderr: '' });
  expect(shown.stdout).toMatch(/^st-anne: blocked; 2 of \d+ lines are in the way$/m);
  expect(shown.stdout).toMatch(/^Rita +CMIO +safety +cutover$/m);
  expect(shown.stdout).toMatch(/^labs +labs +active-clinical .* census: undecided$/m);
  expect(shown.stdout).toMatch(/^✗ A07 +every item of the source is listed\n +SURVEY_MISSING: survey the migration$/m);
  expect(shown.stdout).toMatch(/^✗ A28 .*\n +CONSUMER_UNDECIDED: nobody has decided about census/m);
  expect(shown.stdout).toMatch(/^✓ A21 +labs has an owner$/m);
  expect((await run('st-anne')).stdout).toBe(shown.stdout);
});

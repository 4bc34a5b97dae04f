/** What transfer tells others fits the published schemas, and names nobody. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { EventType } from '../../kernel/event.ts';
import { resumeBatches } from '../../subgraphs/transfer/work/resume.ts';
import { onEveryDialect } from '../support/databases.ts';
import { OLGA, Rig } from './rig.ts';

const TYPES: readonly EventType[] = [
  'transfer.batch-planned.v1',
  'transfer.manifest-sealed.v1',
  'transfer.batch-paused.v1',
  'transfer.batch-resumed.v1',
  'transfer.batch-moved.v1',
];

onEveryDialect('every event of a batch', (dialect) => {
  test('fits its schema and holds no path, and so does every entry of the record', async () => {
    const place = await dialect.enter();
    const rig = await Rig.open(place);
    await rig.declare({ name: 'scans', files: { 'mueller/report.pdf': 'one', 'weiss/report.pdf': 'two' } });
    rig.target.plant({ on: 'stage', path: 'weiss/report.pdf', effect: { kind: 'fail', code: 'SPACE_EXHAUSTED' } });
    await rig.launch();
    await rig.work();
    rig.target.faults.clear();
    rig.source.put('weiss/report.pdf', 'other');
    const decision = 'there is room again';
    await resumeBatches(rig.context, { batchId: rig.batchId('scans'), decision }, OLGA);
    await rig.work();
    for (const type of TYPES) {
      const told = await rig.events(type);
      const schema = JSON.parse(readFileSync(join(import.meta.dirname, `../../schema/events/${type}.json`), 'utf8'));
      const fits = new Ajv().compile(schema);
      expect({ type, told: told.length }).toEqual({ type, told: 1 });
      for (const payload of told)
        expect({ type, fits: fits(payload), errors: fits.errors }).toMatchObject({ fits: true });
      expect(JSON.stringify(told)).not.toMatch(/mueller|weiss|report/);
    }
    expect(JSON.stringify([await rig.audit(), rig.said])).not.toMatch(/mueller|weiss|report/);
    await place.leave();
  });
});

/** Surveys, drift and findings over the graph. */
import { expect, test } from '@jest/globals';
import { DIALECTS } from '../../support/databases.ts';
import { at, House, person } from '../house.ts';
import { DECLARE, SURVEY } from '../questions.ts';

const LOOK = `query ($id: ID!) { migration(id: $id) {
  surveys { totalCount nodes {
    id number state phase isLate requestedBy listed inspected added changed gone failure { code }
    datasets { dataset { name } items inspected structured unstructured kinds { kind count } hidden { kind count } }
    drift { totalCount nodes { kind differs path itemId } } } }
  findings { totalCount nodes { source code count itemIds dataset { name } } } } }`;
const ITEMS = 'query ($id: ID!) { items(datasetId: $id) { nodes { contentKind mediaType isStructured } } }';

const NOTE = 'MSH|^~\\&|A|B|C|D|20250102030405||ADT^A01|M1|P|2.5.1\rPID|1||007||DOE^JANE\r';
const notes = {
  name: 'notes',
  tier: 'active-clinical',
  select: '**',
  format: 'hl7v2',
  lineage: 'pass-through',
  owner: 'him',
};

test.each(DIALECTS)(
  'a second survey on $name shows what has drifted, by whom it was asked, and what is inside',
  async ({ enter }) => {
    const place = await enter();
    const house = await House.open(place);
    try {
      house.source.put('a.hl7', NOTE);
      house.source.put('b.hl7', NOTE);
      house.source.put('scan.hl7', '%PDF-1.4\n1 0 obj\n');
      const id = at(await house.ask(DECLARE, { plan: house.plan([notes]) }), 'migration.id');
      await house.ask(SURVEY, { id });
      await house.running.settled();
      house.source.put('a.hl7', `${NOTE}NTE|1\r`);
      house.source.files.delete('b.hl7');
      house.source.put('c.hl7', NOTE);
      await house.ask(SURVEY, { id });
      await house.running.settled();
      const seen = await house.ask(LOOK, { id });
      expect(at(seen, 'surveys.totalCount')).toBe(2);
      expect(at(seen, 'surveys.nodes.0')).toMatchObject({
        ...{ number: 2, state: 'COMPLETE', phase: 'DONE', isLate: false, requestedBy: 'olga', failure: null },
        ...{ listed: 3, added: 1, changed: 1, gone: 1 },
        datasets: [
          {
            dataset: { name: 'notes' },
            ...{ items: 3, inspected: 3, structured: 2, unstructured: 1 },
            kinds: [
              { kind: 'hl7v2', count: 2 },
              { kind: 'pdf', count: 1 },
            ],
          },
        ],
      });
      const drift = at<readonly { kind: string; path: string }[]>(seen, 'surveys.nodes.0.drift.nodes');
      expect(drift.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
        'ADDED c.hl7',
        'CHANGED a.hl7',
        'GONE b.hl7',
      ]);
      expect(at<readonly object[]>(seen, 'findings.nodes')).toContainEqual(
        expect.objectContaining({ source: 'SURVEY', code: 'FORMAT_DIFFERS', count: 1, dataset: { name: 'notes' } }),
      );
      const audited = await house.ask(LOOK, { id }, person('ada', 'auditor'));
      expect(JSON.stringify(audited)).not.toContain('.hl7');
      const datasets = await house.ask('query ($id: ID!) { migration(id: $id) { datasets { nodes { id } } } }', { id });
      const items = await house.ask(ITEMS, { id: at(datasets, 'datasets.nodes.0.id') });
      expect(at(items, 'nodes.2')).toEqual({ contentKind: 'pdf', mediaType: 'application/pdf', isStructured: false });
    } finally {
      await house.close();
      await place.leave();
    }
  },
);

import { describe, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classify } from '../../../records/classify.ts';
import { SAMPLES, SAMPLES_SKIPPED } from '../../support/samples.ts';
import { see } from './seen.ts';

/** Counted by hand and by other tools in the samples themselves. */
const EXPECTED: readonly (readonly [folder: string, names: RegExp, counts: object])[] = [
  ['hl7v2/google-pairs', /\.hl7$/, { order: 1, result: 1, 'message-awaiting-answer': 1 }],
  ['hl7v2/hl7-v2-to-fhir-samples', /\.txt$/, { attachment: 1 }],
  ['hl7v2/mirth-filereader', /./, {}],
  [
    'hl7v2/ms-pairs',
    /\.hl7$/,
    {
      order: 4,
      result: 3,
      'message-awaiting-answer': 1,
      'note-version': 2,
      'attachment-pointer': 5,
      'attachment-without-data': 2,
    },
  ],
  ['hl7v2/reportstream-HL7_to_FHIR', /\.hl7$/, { order: 1, 'message-awaiting-answer': 1 }],
  ['hl7v2/vendor-nist', /\.hl7$/, { result: 3 }],
  ['ccda/hl7-examples', /./, { 'note-version': 1, 'imaging-reference': 3 }],
  ['ccda/ms-pairs', /\.ccda$/, {}],
  ['ccda/onc', /./, {}],
  ['fhir/bulk-ndjson-10-patients', /./, {}],
  ['fhir/ips', /./, { addendum: 2 }],
  ['fhir/r4-examples', /./, { attachment: 6, 'attachment-pointer': 3, addendum: 1, order: 14, result: 4 }],
  ['fhir/synthea-bundles', /./, { order: 56, result: 9 }],
  ['csv/synthea-27-patients', /./, {}],
  ['documents/dicom', /./, { 'imaging-reference': 3 }],
];

(SAMPLES_SKIPPED === undefined ? describe : describe.skip)('what real samples hide', () => {
  test.each(EXPECTED)('in %s', async (folder, names, expected) => {
    const counts: Record<string, number> = {};
    const place = join(SAMPLES ?? '', folder);
    for (const name of await readdir(place, { recursive: true })) {
      if (!names.test(name)) continue;
      const bytes = await readFile(join(place, name)).catch(() => undefined);
      const seen = bytes && (await see(classify(bytes), bytes, 1 << 12));
      for (const [kind, count] of Object.entries(seen?.counts ?? {})) counts[kind] = (counts[kind] ?? 0) + count;
    }
    expect(counts).toEqual(expected);
  });
});

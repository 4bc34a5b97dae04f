import { globSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { examine } from '../../records/examine.ts';
import { FORMATS } from '../../records/format.ts';
import { item } from './item.ts';

const samples = process.env['WAYBILL_SAMPLES'];

describe('examining any item as any format', () => {
  test('never throws on arbitrary bytes', async () => {
    const start = fc.constantFrom(
      '',
      'MSH|^~\\&',
      'II*\0',
      '%PDF-',
      '{"resourceType":',
      '<ClinicalDocument>',
      'A,B\n',
      '\xff\xd8\xff',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FORMATS),
        start,
        fc.uint8Array({ maxLength: 300 }),
        async (format, head, tail) => {
          const { problems } = await examine(format, 'x', item(Buffer.concat([Buffer.from(head, 'latin1'), tail]), 11));
          expect(problems.map((problem) => problem.code)).not.toContain('EXAMINATION_FAILED');
        },
      ),
      { numRuns: 600 },
    );
  });

  test('reads the item to its end, whatever is wrong with it', async () => {
    for (const format of FORMATS) {
      let readBytes = 0;
      const counted = async function* () {
        for await (const chunk of item('%PDF-not what was declared'.repeat(1000), 100)) {
          readBytes += chunk.length;
          yield chunk;
        }
      };
      await examine(format, 'x', counted());
      expect(readBytes).toBe(26_000);
    }
  });

  test("passes the source's own error through", async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('MSH|^~\\&|'.repeat(1000));
      throw new Error('the source went away');
    };
    for (const format of FORMATS) await expect(examine(format, 'x', failing())).rejects.toThrow('the source went away');
  });

  test('counts nothing and checks nothing of plain bytes', async () => {
    expect(await examine('bytes', 'a.pdf', item(''))).toMatchObject({ shape: null, problems: [] });
    expect(await examine('bytes', 'a.txt', item('%PDF-1.4'))).toEqual({
      shape: null,
      problems: [],
      mediaType: 'application/pdf',
    });
  });

  const whenSamples = samples === undefined ? test.skip : test;
  whenSamples(
    'never throws on real files, and chunks make no difference (skipped without WAYBILL_SAMPLES)',
    async () => {
      const files = globSync(`${samples}/{hl7v2,ccda,fhir,csv,documents}/**/*`).filter((path) =>
        statSync(path).isFile(),
      );
      expect(files.length).toBeGreaterThan(100);
      for (const path of files) {
        const bytes = readFileSync(path);
        for (const format of FORMATS) {
          const examined = await examine(format, path, bytes);
          expect(examined.problems.map((problem) => problem.code)).not.toContain('EXAMINATION_FAILED');
          expect(await examine(format, path, item(bytes, 9973))).toEqual(examined);
        }
      }
    },
  );

  whenSamples('finds nothing wrong with the official FHIR examples (skipped without WAYBILL_SAMPLES)', async () => {
    for (const path of globSync(`${samples}/fhir/**/*.{json,ndjson}`)) {
      expect(await examine('fhir', path, readFileSync(path))).toMatchObject({ problems: [], shape: expect.anything() });
    }
  });

  whenSamples('finds the errors seeded into certification documents (skipped without WAYBILL_SAMPLES)', async () => {
    const found: Record<string, readonly string[]> = {};
    for (const path of globSync(`${samples}/ccda/onc/*.xml`)) {
      const { problems } = await examine('ccda', path, readFileSync(path));
      found[path.split('/').at(-1)?.slice(0, 10) ?? ''] = problems.map((problem) => problem.code);
    }
    expect(found).toMatchObject({
      NT_Bad_Gen: ['CODE_INVALID'],
      NT_Missing: ['PATIENT_NAME_MISSING'],
      '170.315_b1': [],
    });
  });
});

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { classify, CLASSIFY_BYTES_MAX, CONTENT_KINDS, type ContentKind } from '../../records/classify.ts';
import { SAMPLES, sampleFiles } from '../support/samples.ts';

const kindOf = (text: string, encoding: BufferEncoding = 'utf8') => classify(Buffer.from(text, encoding));

describe('the kind of an item', () => {
  test.each<readonly [ContentKind, string]>([
    ['hl7v2', 'MSH|^~\\&|A|B\rPID|1'],
    ['hl7v2', '\ufeff\n\vMSH$%~\\&$A$B\r'],
    ['hl7v2', 'FHS|^~\\&|A\rBHS|^~\\&|A\r'],
    ['hl7v2', 'MSH|^~\\&|A\rOBX|1|ED|||^^PDF^Base64^%PDF-1.4\r'],
    ['fhir-json', '{"id":"1","resourceType":"Patient"}'],
    ['fhir-json', '{\n  "resourceType" : "Bundle",\n  "entry": ['],
    ['fhir-ndjson', '{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n'],
    ['text', '{"hook":"x","context":{"resourceType":"Patient"}}'],
    ['ccda', '<?xml version="1.0"?>\n<!-- a -->\n<?x y?>\n<d:ClinicalDocument xmlns:d="urn:hl7-org:v3"/>'],
    ['xml', '<?xml version="1.0"?><note>x</note>'],
    ['xml', '<section xmlns="urn:hl7-org:v3"><title/></section>'],
    ['html', '<!DOCTYPE html>\n<html>'],
    ['html', '<!-- a --><p class="x">A note.</p>'],
    ['delimited', 'id,name\n1,A\n2,B\n'],
    ['delimited', 'id\tname\n1\tA'],
    ['delimited', '"a"|"b, c"\r\n"1"|"2, 3"\r\n'],
    ['delimited', 'a;b;c'],
    ['delimited', `id,name\n1,A\0\n${'2,Beta and so on\n'.repeat(9)}`],
    ['text', 'Dear colleague, thank you for the referral,\nwith kind regards, yours'],
    ['text', 'PID|1\nZZZ\nOBX|1|2\n'],
    ['empty', ''],
    ['unknown', '\x01\x02\x03\x04\x05'],
  ])('%s is told by content: %j', (kind, text) => {
    expect(kindOf(text)).toBe(kind);
  });

  test.each<readonly [ContentKind, string]>([
    ['pdf', '%PDF-1.7\n'],
    ['tiff', 'II*\0\x08\0\0\0'],
    ['jpeg', '\xff\xd8\xff\xe0'],
    ['png', '\x89PNG\r\n\x1a\n'],
    ['rtf', '{\\rtf1 x}'],
    ['dicom', `${'\0'.repeat(128)}DICM`],
    ['zip', 'PK\x03\x04'],
    ['gzip', '\x1f\x8b\x08\0'],
    ['delimited', 'id,name\n1,Ren\xe9\n'],
    ['text', 'Ren\xe9'],
  ])('%s is told by its bytes', (kind, bytes) => {
    expect(kindOf(bytes, 'latin1')).toBe(kind);
  });

  test('is told in UTF-16 too', () => {
    expect(kindOf('\ufeffid,name\n1,A\n', 'utf16le')).toBe('delimited');
    expect(kindOf('\ufeff<?xml version="1.0"?><ClinicalDocument/>', 'utf16le')).toBe('ccda');
  });

  test('does not depend on where the head was cut', () => {
    const texts = [
      'id,name\n1,\u00e9\u20ac\ud83d\ude00\n2,\u00e9\u20ac\ud83d\ude00\n',
      '\ufeffid,name\n1,\ud83d\ude00\n2,\ud83d\ude00\n',
    ];
    for (const bytes of [Buffer.from(texts[0] ?? '', 'utf8'), Buffer.from(texts[1] ?? '', 'utf16le')]) {
      for (let end = bytes.length; end > 26; end--) expect(classify(bytes.subarray(0, end))).toBe('delimited');
    }
    const long = Buffer.from(`{"resourceType":"Binary","data":"${'A'.repeat(CLASSIFY_BYTES_MAX)}"}\n`);
    expect(classify(long)).toBe('fhir-json');
  });

  test('is one of the known kinds, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(CONTENT_KINDS).toContain(classify(Buffer.from(bytes)));
      }),
    );
  });

  (SAMPLES === undefined ? test.skip : test)('of every real sample is what its folder promises', async () => {
    const expected: Readonly<Record<string, RegExp>> = {
      hl7: /^hl7v2$/,
      ndjson: /^fhir-ndjson$/,
      csv: /^(delimited|text)$/,
      dcm: /^dicom$/,
      pdf: /^pdf$/,
      png: /^png$/,
      tiff: /^tiff$/,
      ccda: /^ccda$/,
    };
    for (const path of await sampleFiles(SAMPLES ?? '')) {
      const kind = classify(readFileSync(join(SAMPLES ?? '', path)).subarray(0, CLASSIFY_BYTES_MAX));
      const pattern = expected[path.split('.').at(-1) ?? ''];
      if (pattern !== undefined) expect(kind).toMatch(pattern);
      else expect(kind).not.toMatch(/empty|unknown/);
    }
  });
});

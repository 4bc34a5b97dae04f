/** Properties of the transforms: what they write is what the source said, and what they cannot say is a problem. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDate } from '../../../records/lineage/date.ts';
import { isHtml, isRtf } from '../../../records/lineage/plain-text.ts';
import { DATE_SHAPES, DATE_TARGETS } from '../../../records/lineage/rule.ts';
import { make, type Made } from './one-rule.ts';

/** A rule writes or complains, once and at the field it read; it never does both. */
function expectOneOfBoth({ to, problems }: Made): void {
  expect(problems.length).toBeLessThanOrEqual(1);
  if (problems.length === 1) {
    expect(to).toBeUndefined();
    expect(problems[0]).toMatch(/^[A-Z_]+ at [AB]$/);
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
/** Text as it stands in records: with a value, and nothing FHIR cannot carry. */
const written = fc
  .string({ unit: fc.constantFrom(...'aB1 .-éß世\t'), maxLength: 20 })
  .filter((each) => each.trim() !== '');
const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${count}}$`));
const decimal = fc
  .tuple(fc.constantFrom('', '-', '+'), digits(7), fc.option(digits(7), { nil: undefined }))
  .map(([sign, whole, fraction]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}`);

const ANY_RULES: readonly object[] = [
  {},
  { do: 'trim' },
  { do: 'number' },
  { do: 'number', whole: true },
  { do: 'boolean', yes: ['Y'], no: ['N'] },
  { do: 'quantity' },
  { do: 'unit', unit: 'B', into: 'kg' },
  { do: 'split', at: ';', part: 2 },
  { do: 'text' },
  { do: 'base64', encoding: 'B' },
  { do: 'code', map: 'm' },
  ...DATE_TARGETS.map((as) => ({ do: 'date', shapes: DATE_SHAPES, as })),
  { do: 'date', shapes: DATE_SHAPES, as: 'dateTime', plusMinutes: 'B' },
];
const CODE_MAPS = {
  m: { from: 'x', to: 'urn:y', codes: { F: { code: 'female', equivalence: 'equivalent' as const } } },
};

describe('every transform', () => {
  test('writes a value or says in its place why not, whatever the text; never both, never a throw', () => {
    const anything = fc.oneof(
      text,
      written,
      decimal,
      fc.constantFrom('F', 'Y', '20250102', '2025-02-30', '01/02/2025'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...ANY_RULES), anything, text, (rule, value, other) => {
        expectOneOfBoth(make(rule, { A: value, B: other }, { codeMaps: CODE_MAPS }));
      }),
      { numRuns: 1000 },
    );
  });

  test('makes nothing of nothing: no value that the source does not have', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ANY_RULES), fc.constantFrom(undefined, '', ' ', '\t'), (rule, A) => {
        expect(make(rule, { A, B: 'kg' }, { codeMaps: CODE_MAPS })).toEqual({ to: undefined, problems: [] });
        expect(make({ ...rule, required: true }, { A, B: 'kg' }, { codeMaps: CODE_MAPS }).problems).toEqual([
          'REQUIRED_MISSING at A',
        ]);
      }),
    );
  });
});

describe('texts', () => {
  test('copy keeps every character, trim takes only the white space around', () => {
    fc.assert(
      fc.property(written, (A) => {
        expect(make({}, { A }).to).toBe(A);
        expect(make({ do: 'trim' }, { A }).to).toBe(A.trim());
      }),
    );
  });

  test('split and join undo each other, and the parts of a split are the list', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(words, fc.constantFrom(';', '^', ' / '), (parts, at) => {
        const row = Object.fromEntries(parts.map((part, index) => [`A${index}`, part]));
        const joined = make({ do: 'join', from: Object.keys(row), with: at }, row).to;
        expect(make({ do: 'split', at }, { A: String(joined) }).to).toEqual(parts);
        const each = parts.map((_, index) => make({ do: 'split', at, part: index + 1 }, { A: String(joined) }).to);
        expect(each).toEqual(parts);
        expect(make({ do: 'split', at, part: parts.length + 1 }, { A: String(joined) }).to).toBeUndefined();
      }),
    );
  });

  test('a template is whole or not at all', () => {
    const maybe = fc.option(written, { nil: undefined });
    fc.assert(
      fc.property(maybe, maybe, (A, B) => {
        const whole = A === undefined || B === undefined ? undefined : `<${A.trim()}|${B.trim()}>`;
        expect(make({ do: 'template', template: '<{A}|{B}>' }, { A, B }).to).toBe(whole);
        const open = A === undefined ? undefined : `<${A.trim()}|${B?.trim() ?? ''}>`;
        expect(make({ do: 'template', template: '<{A}|{B?}>' }, { A, B }).to).toBe(open);
      }),
    );
  });

  test('text that is neither RTF nor HTML stays as it is; of what is, the original is kept byte for byte', () => {
    fc.assert(
      fc.property(written, (words) => {
        fc.pre(!isRtf(words) && !isHtml(words));
        expect(make({ do: 'text' }, { A: words }).to).toBe(words);
        const html = `<html><body><p>${words}</p></body></html>`;
        const { data } = make({ do: 'text', original: 'kept' }, { A: html }).kept as { readonly data: string };
        expect(Buffer.from(data, 'base64').toString('utf8')).toBe(html);
      }),
    );
  });
});

describe('numbers', () => {
  test('keep their value, and one that would change is a problem', () => {
    fc.assert(
      fc.property(decimal, (A) => {
        const { to, problems } = make({ do: 'number' }, { A });
        if (problems.length === 0) expect(Number(JSON.stringify(to))).toBe(Number(A) + 0);
        else expect(problems).toEqual(['NUMBER_PRECISION at A']);
        const whole = make({ do: 'number', whole: true }, { A });
        if (whole.problems.length === 0) expect(Number.isSafeInteger(whole.to)).toBe(true);
      }),
    );
  });

  test('of a quantity keep comparator and unit as given', () => {
    const comparator = fc.constantFrom('', '<', '<=', '>', '>=');
    fc.assert(
      fc.property(comparator, fc.integer({ min: -9999, max: 9999 }), written, (sign, value, B) => {
        expect(make({ do: 'quantity', unit: 'B' }, { A: `${sign} ${value}`, B })).toEqual({
          to: { value, ...(sign === '' ? {} : { comparator: sign }), unit: B.trim() },
          problems: [],
        });
      }),
    );
  });

  test('stay as they are in their own unit, come back from another, and an unknown unit is a problem', () => {
    const measure = fc.integer({ min: 1, max: 500_000 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(measure, (value) => {
        const unit = (A: string, B: string, into: string) => make({ do: 'unit', unit: 'B', into }, { A, B });
        expect(unit(String(value), 'kg', 'kg').to).toBe(value);
        const grams = unit(String(value), 'kg', 'g').to;
        expect(unit(String(grams), 'g', 'kg').to).toBeCloseTo(value, 5);
        expect(unit(String(value), 'furlong', 'kg').problems).toEqual(['UNIT_UNKNOWN at A']);
      }),
    );
  });

  test('a boolean is one of its words and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(written, fc.constantFrom('Y', 'N', ' Y ')), (A) => {
        const { to, problems } = make({ do: 'boolean', yes: ['Y'], no: ['N'] }, { A });
        const expected = { Y: true, N: false }[A.trim()];
        expect(to).toBe(expected);
        expect(problems).toEqual(expected === undefined ? ['BOOLEAN_INVALID at A'] : []);
      }),
    );
  });
});

describe('data', () => {
  test('in Base64, Hex or as text is the same bytes afterwards; what is not so encoded is a problem', () => {
    const rule = { do: 'base64', encoding: 'B' };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        const base64 = buffer.toString('base64');
        expect(make(rule, { A: base64, B: 'Base64' }).to).toBe(base64);
        expect(make(rule, { A: buffer.toString('hex'), B: 'Hex' }).to).toBe(base64);
        expect(make(rule, { A: `${buffer.toString('hex')}0`, B: 'Hex' }).problems).toEqual(['ATTACHMENT_INVALID at A']);
        expect(make(rule, { A: base64, B: 'Rot13' }).problems).toEqual(['ATTACHMENT_INVALID at A']);
      }),
    );
  });
});

describe('codes', () => {
  test('come from the table or are a problem, and always of a system', () => {
    const code = fc.stringMatching(/^[A-Z]{1,3}$/);
    const table = fc.dictionary(code, code, { minKeys: 1, maxKeys: 5 });
    fc.assert(
      fc.property(table, fc.oneof(code, fc.constantFrom('constructor', 'toString')), (codes, A) => {
        const translations = Object.entries(codes).map(
          ([from, to]) => [from, { code: to, equivalence: 'equivalent' as const }] as const,
        );
        const codeMaps = { m: { from: 'x', to: 'urn:y', codes: Object.fromEntries(translations) } };
        const known = Object.hasOwn(codes, A);
        const { to, problems } = make({ do: 'code', map: 'm' }, { A }, { codeMaps });
        expect(to).toBe(known ? codes[A] : undefined);
        expect(problems).toEqual(known ? [] : ['CODE_UNMAPPED at A']);
        expect(make({ do: 'code', map: 'm', part: 'system' }, { A }, { codeMaps }).to).toBe(
          known ? 'urn:y' : undefined,
        );
      }),
    );
  });
});

describe('dates', () => {
  const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-28'), noInvalidDate: true });

  test('keep the precision they were written with: a year stays a year, a day a day', () => {
    fc.assert(
      fc.property(day, fc.constantFrom(4, 6, 8), fc.constantFrom('date', 'dateTime'), (date, length, as) => {
        const iso = date.toISOString().slice(0, 10);
        const A = iso.replaceAll('-', '').slice(0, length);
        const expected = iso.slice(0, length === 4 ? 4 : length === 6 ? 7 : 10);
        expect(make({ do: 'date', shapes: ['hl7'], as }, { A })).toEqual({ to: expected, problems: [] });
      }),
    );
  });

  test('in every shape are the same day, and a day that does not exist is a problem', () => {
    fc.assert(
      fc.property(day, (date) => {
        const iso = date.toISOString().slice(0, 10);
        const [year = '', month = '', of = ''] = iso.split('-');
        const shapes = {
          hl7: `${year}${month}${of}`,
          iso,
          'MM/dd/yyyy': `${month}/${of}/${year}`,
          'M/d/yyyy': `${Number(month)}/${Number(of)}/${year}`,
          'dd/MM/yyyy': `${of}/${month}/${year}`,
          'dd.MM.yyyy': `${of}.${month}.${year}`,
        };
        for (const [shape, A] of Object.entries(shapes)) {
          expect(make({ do: 'date', shapes: [shape], as: 'date' }, { A }).to).toBe(iso);
        }
        const none = make({ do: 'date', shapes: ['iso'], as: 'date' }, { A: `${year}-02-30` });
        expect(none).toEqual({ to: undefined, problems: ['DATE_INVALID at A'] });
      }),
    );
  });

  test('that two shapes read as different days are a problem, never one of them', () => {
    const small = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(small, small, fc.integer({ min: 1900, max: 2099 }), (first, second, year) => {
        const A = `${String(first).padStart(2, '0')}/${String(second).padStart(2, '0')}/${year}`;
        const { problems } = make({ do: 'date', shapes: ['MM/dd/yyyy', 'dd/MM/yyyy'], as: 'date' }, { A });
        expect(problems).toEqual(first === second ? [] : ['DATE_AMBIGUOUS at A']);
      }),
    );
  });

  test('with a time are the same moment, and without a zone no moment at all', () => {
    fc.assert(
      fc.property(day, fc.constantFrom('America/Chicago', 'Europe/Berlin', '+05:30'), (date, zone) => {
        const moment = new Date(Math.floor(date.getTime() / 1000) * 1000);
        const A = `${moment.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`;
        const { to } = make({ do: 'date', shapes: ['hl7'], as: 'dateTime' }, { A }, { zone });
        expect(Date.parse(String(to))).toBe(moment.getTime());
        const local = A.slice(0, 14);
        expect(make({ do: 'date', shapes: ['hl7'], as: 'dateTime' }, { A: local }).problems).toEqual([
          'ZONE_UNKNOWN at A',
        ]);
        const read = readDate(local, { shapes: ['hl7'], as: 'dateTime', zone });
        if ('value' in read) expect(read.value.slice(0, 19)).toBe(moment.toISOString().slice(0, 19));
        else expect(['DATE_IN_GAP', 'DATE_AMBIGUOUS']).toContain(read.code);
      }),
    );
  });

  test('so many minutes later are that moment with the same offset; no number of minutes is a problem', () => {
    const rule = { do: 'date', shapes: ['iso'], as: 'dateTime', plusMinutes: 'B' };
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 999_999 }), (date, minutes) => {
        const A = `${date.toISOString().slice(0, 19)}-05:00`;
        const { to } = make(rule, { A, B: `${minutes}` });
        expect([Date.parse(String(to)) - Date.parse(A), String(to).slice(-6)]).toEqual([minutes * 60_000, '-05:00']);
      }),
    );
    expect(make(rule, { A: '2025-04-01T09:00:00Z', B: '1.5' }).problems).toEqual(['NUMBER_INVALID at A']);
    expect(make(rule, { A: '2025-04-01', B: '30' }).problems).toEqual(['DATE_PRECISION at A']);
  });
});

test('a reference names the record by its key, or is not there', () => {
  fc.assert(
    fc.property(fc.option(written, { nil: undefined }), (A) => {
      const { to } = make({ do: 'reference', type: 'Patient', key: 'mrn:{A}' }, { A });
      const expected = { type: 'Patient', identifier: { system: 'urn:waybill:source', value: `mrn:${A?.trim()}` } };
      expect(to).toEqual(A === undefined ? undefined : expected);
    }),
  );
});

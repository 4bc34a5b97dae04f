import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDelimiters, STANDARD_DELIMITERS } from '../../../records/hl7v2/delimiters.ts';
import { escapeHl7, unescapeHl7 } from '../../../records/hl7v2/escape.ts';

const DELIMITERS = ['MSH|^~\\&|', 'MSH#*%!$#', 'MSH|^~\\&#|', 'MSH|^~|', 'MSH$%^~&F$', 'MSH|^~\\&0|'].map(
  (header) => readDelimiters(header) ?? STANDARD_DELIMITERS,
);

const awkward = fc.string({
  unit: fc.constantFrom(
    '|',
    '^',
    '~',
    '\\',
    '&',
    '#',
    '*',
    '%',
    '!',
    '$',
    'P',
    'F',
    'X',
    '0',
    '.',
    'br',
    '\r',
    '\n',
    'é',
    '漢',
  ),
});

describe('escape sequences', () => {
  test('unescaping gives back every text that was escaped, with any delimiters', () => {
    const delimiters = fc.constantFrom(...DELIMITERS);
    fc.assert(
      fc.property(awkward, delimiters, (text, given) => {
        expect(unescapeHl7(escapeHl7(text, given), given)).toBe(text);
      }),
    );
  });

  test('an escaped text holds no delimiter and no line end', () => {
    fc.assert(
      fc.property(awkward, (text) => {
        expect(escapeHl7(text, STANDARD_DELIMITERS)).not.toMatch(/[|^~&\r\n]/);
      }),
    );
  });

  test.each([
    ['a\\F\\b', 'a|b'],
    ['O\\T\\M', 'O&M'],
    ['line\\.br\\line', 'line\nline'],
    ['\\X0D0A\\', '\r\n'],
    ['\\XC3A9\\', 'é'],
    ['\\XE9\\', 'é'],
    ['\\P\\', '#'],
    ['a\\.sp2\\b\\.sk3\\c', 'a\n\nb   c'],
    ['\\.sp999\\', '\\.sp999\\'],
    ['\\.in+4\\', '\\.in+4\\'],
    ['\\C2842\\', '\\C2842\\'],
    ['\\H\\bold\\N\\', 'bold'],
    ['C:\\temp', 'C:\\temp'],
    ['\\Zlocal\\', '\\Zlocal\\'],
    ['a\\b\\F\\c', 'a\\b|c'],
    ['\\', '\\'],
  ])('%j reads as %j', (written, read) => {
    expect(unescapeHl7(written, STANDARD_DELIMITERS)).toBe(read);
  });
});

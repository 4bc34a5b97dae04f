import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { elementWithId, narrativeText, narrativeXhtml } from '../../../records/ccda/narrative.ts';
import { parseXml, type XmlElement } from '../../../records/ccda/tree.ts';

function parsed(xml: string): XmlElement {
  const read = parseXml(xml);
  if ('problem' in read) throw new Error(read.problem.code);
  return read.root;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const NAMES = ['content', 'list', 'item', 'table', 'tbody', 'tr', 'td', 'caption', 'paragraph', 'sub', 'br', 'odd'];

/** Any block, well-formed as XML whatever it means. */
const block: fc.Arbitrary<string> = fc.letrec<{ block: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ unit: 'grapheme-ascii' }).map(escaped),
    fc
      .tuple(fc.constantFrom(...NAMES), fc.string({ unit: 'grapheme-ascii' }), fc.array(tie('block'), { maxLength: 3 }))
      .map(([name, id, inner]) => `<${name} ID="${escaped(id)}" styleCode="Bold">${inner.join('')}</${name}>`),
  ),
})).block;

describe('the narrative of a document', () => {
  test('becomes XHTML that is well-formed and says every word of it, whatever stands in it', () => {
    const words = (element: XmlElement): string =>
      element.content.map((each) => (typeof each === 'string' ? each : words(each))).join('');
    fc.assert(
      fc.property(block, (inside) => {
        const text = parsed(`<text>${inside}</text>`);
        const div = parsed(narrativeXhtml(text));
        expect(div).toMatchObject({ name: 'div', namespace: 'http://www.w3.org/1999/xhtml' });
        // An element that XHTML leaves empty has no words.
        const isWhole = !/<br [^>]*>[^<]/.test(inside) && !/<br [^>]*><(?!\/br)/.test(inside);
        if (isWhole) expect(words(div)).toBe(words(text));
      }),
    );
  });

  test('keeps lists, tables, styles and ids, and links to nothing that runs', () => {
    const text = parsed(
      '<text><list listType="ordered"><caption>C</caption><item ID="i1">a<br/>b</item></list>' +
        '<table border="1" width="9%">' +
        '<caption>T</caption><tbody><tr><td colspan="2" styleCode="Bold Red">x</td></tr></tbody></table>' +
        '<linkHtml href="javascript:x">l</linkHtml><linkHtml href="#i1">m</linkHtml></text>',
    );
    expect(narrativeXhtml(text)).toBe(
      '<div xmlns="http://www.w3.org/1999/xhtml"><ol><b>C</b><li id="i1">a<br/>b</li></ol>' +
        '<table border="1" class="width-9%"><caption>T</caption>' +
        '<tbody><tr><td colspan="2" class="Bold Red">x</td></tr>' +
        '</tbody></table><a>l</a><a href="#i1">m</a></div>',
    );
  });

  test('is found by its IDs, and read on one line, cells and entries apart', () => {
    const document = parsed(
      '<d><text><table><tr ID="r"><td>Penicillin\n   G</td><td>hives</td></tr></table>' +
        '<content ID="x">y</content></text><e/></d>',
    );
    const entry = document.children[1] as XmlElement;
    const row = elementWithId(entry, 'r');
    expect(row && narrativeText(row)).toBe('Penicillin G hives');
    expect(elementWithId(entry, 'none')).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { parseXml, positionOfElement, readClinicalDocument, type XmlElement } from '../../../records/ccda/tree.ts';
import { ItemReading } from '../../../records/item-bytes.ts';

const DOCUMENT = `<?xml version="1.0"?>
<!-- made up -->
<d:ClinicalDocument xmlns:d="urn:hl7-org:v3" xmlns="urn:hl7-org:v3" xmlns:e="urn:hl7-org:sdtc"
  xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <recordTarget>
    <patient><e:raceCode code="a"/></patient>
    <value i:type="CD" e:valueSet="1.2" xml:lang="en" code='&lt;&#65;"'
    />
  </recordTarget>
  <section/><section><text>one <b>two</b> three<!-- no --> four<![CDATA[ <five> ]]></text></section>
</d:ClinicalDocument>`;

function rootOf(text: string): XmlElement {
  const read = parseXml(text);
  if ('problem' in read) throw new Error(`refused: ${read.problem.code}`);
  return read.root;
}

function find(from: XmlElement, name: string): XmlElement {
  const found = everyElement(from).find((element) => element.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function everyElement(from: XmlElement): readonly XmlElement[] {
  return [from, ...from.children.flatMap(everyElement)];
}

function problemOf(text: string): string {
  const read = parseXml(text);
  return 'problem' in read ? `${read.problem.code} ${read.problem.position}` : 'none';
}

describe('the XML tree', () => {
  test('names elements and attributes by namespace, whatever prefix the document chose', () => {
    const root = rootOf(DOCUMENT);
    expect([root.name, root.namespace]).toEqual(['ClinicalDocument', 'urn:hl7-org:v3']);
    expect(root.attributes).toEqual({});
    expect(find(root, 'sdtc:raceCode')).toMatchObject({ namespace: 'urn:hl7-org:sdtc', attributes: { code: 'a' } });
    expect(find(root, 'value').attributes).toEqual({
      'xsi:type': 'CD',
      'sdtc:valueSet': '1.2',
      'xml:lang': 'en',
      code: '<A"',
    });
    expect(rootOf('<a sdtc:x="1" xsi:type="ST"/>').attributes).toEqual({ 'sdtc:x': '1', 'xsi:type': 'ST' });
  });

  test('keeps text and elements in the order they are written', () => {
    const text = find(rootOf(DOCUMENT), 'text');
    expect(text.content.map((part) => (typeof part === 'string' ? part : part.name))).toEqual([
      'one ',
      'b',
      ' three four <five> ',
    ]);
    expect(text.text).toBe('one  three four <five> ');
    expect(text.children.map((child) => child.parent === text)).toEqual([true]);
  });

  test('knows where every element begins and ends', () => {
    for (const element of everyElement(rootOf(DOCUMENT))) {
      const written = DOCUMENT.slice(element.start, element.end);
      const name = element.name.replace('sdtc:', 'e:');
      expect(written).toMatch(new RegExp(`^<(d:)?${name}([\\s>][^]*)?(/>|</(d:)?${name}>)$`));
      expect(element.line).toBe(DOCUMENT.slice(0, element.start).split('\n').length);
    }
    const root = rootOf(DOCUMENT);
    expect(positionOfElement(root)).toBe('line 3 /ClinicalDocument');
    expect(positionOfElement(find(root, 'b'))).toBe('line 10 /ClinicalDocument/section[2]/text[1]/b[1]');
  });

  test('says where a text stops being XML, and never quotes it', () => {
    expect(problemOf('<a>\n<b></a>')).toBe('NOT_WELL_FORMED line 2 column 8');
    expect(problemOf('<a>')).toContain('NOT_WELL_FORMED line 1');
    expect(problemOf('')).toContain('NOT_WELL_FORMED');
    expect(problemOf('<a/><b/>')).toContain('NOT_WELL_FORMED');
    expect(problemOf('<a>\0</a>')).toContain('NOT_WELL_FORMED line 1');
    expect(problemOf('<a>&nbsp;</a>')).toContain('NOT_WELL_FORMED line 1');
    expect(problemOf('<unknown:a/>')).toContain('NOT_WELL_FORMED line 1');
    expect(JSON.stringify(parseXml('<unknown:a b="Doe">&Doe;</unknown:a>'))).not.toMatch(/Doe|unknown/);
  });

  test('refuses entities of the document before any of them multiplies', () => {
    const levels = Array.from({ length: 40 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`);
    const laughs = `<!DOCTYPE a [\n<!ENTITY l0 "ha">\n${levels.join('\n')}]>\n<a>&l40;</a>`;
    expect(problemOf(laughs)).toBe('DOCTYPE_REFUSED line 42');
    expect(problemOf('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')).toBe(
      'DOCTYPE_REFUSED line 1',
    );
    expect(problemOf('<!DOCTYPE a SYSTEM "cda.dtd"><a/>')).toBe('none');
  });

  test('refuses more levels than a document needs', () => {
    expect(problemOf(`${'<a>'.repeat(500)}${'</a>'.repeat(500)}`)).toBe('none');
    expect(problemOf('<a>'.repeat(100_000))).toBe('TOO_DEEP line 1');
  });

  test('reads a document in the character set it declares', async () => {
    const declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>';
    const read = await readClinicalDocument(new ItemReading(Buffer.from(declared, 'latin1')));
    expect(read).toMatchObject({ text: declared, charsetKept: true, root: { text: '\u00e9' } });
    const wide = await readClinicalDocument(new ItemReading(Buffer.from('\ufeff<a>\u00e9</a>', 'utf16le')));
    expect(wide).toMatchObject({ root: { text: '\u00e9' } });
  });
});

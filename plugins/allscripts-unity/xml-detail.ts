/** A value out of the little XML that stands in the column XMLDetail: `<sig value="..."/>` or `<sig>...</sig>`. */

/** Elements deeper than this are not looked for; the column is short. */
const XML_MAX_CHARACTERS = 1_000_000;
/** A value may hold a `>`. */
const ATTRIBUTES = String.raw`(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*`;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function valueInXml(xml: string, element: string): string | undefined {
  if (xml.length > XML_MAX_CHARACTERS || !/^\w+$/.test(element)) return undefined;
  const tag = new RegExp(`<${element}(${ATTRIBUTES})\\s*(/?)>`, 'i').exec(xml);
  if (tag === null) return undefined;
  const value = /\svalue\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag[1] ?? '');
  if (value !== null) return unescaped(value[1] ?? value[2] ?? '');
  if (tag[2] === '/') return '';
  const rest = xml.slice(tag.index + tag[0].length);
  const end = rest.search(new RegExp(`</${element}\\s*>`, 'i'));
  return end === -1 ? undefined : unescaped(rest.slice(0, end));
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

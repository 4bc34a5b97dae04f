/** Expected outputs as they are published: a Bundle in JSON or XML, whatever its file is called. */
import { SaxesParser } from 'saxes';
import { factsOf, type Element, type Said, type Side } from './facts.ts';

/** What every resource of a Bundle says. */
export function saidIn(text: string): Side {
  const bundle = text.trimStart().startsWith('<') ? readXml(text) : (JSON.parse(text) as Element);
  const named = new Map<string, Element>();
  const resources = listOf(bundle['entry']).flatMap((entry) => {
    const { fullUrl, resource } = entry as { fullUrl?: string; resource?: Element };
    if (resource === undefined) return [];
    if (fullUrl !== undefined) named.set(fullUrl, resource);
    named.set(`${resource['resourceType']}/${resource['id']}`, resource);
    named.set(String(resource['id']), resource);
    return [resource];
  });
  const resourceOf = (reference: string) => named.get(reference) ?? named.get(reference.replace(/^urn:uuid:/, ''));
  const typeOf = (reference: string) =>
    resourceOf(reference)?.['resourceType']?.toString() ?? /^([A-Z][A-Za-z]+)\//.exec(reference)?.[1];
  const said = new Map<Element, Said>(resources.map((resource) => [resource, factsOf(resource, typeOf)]));
  return {
    said: [...said.values()],
    find: (reference) => said.get(resourceOf(reference) ?? {}),
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

interface Open {
  readonly name: string;
  readonly members: Record<string, unknown>;
}

/** FHIR XML as members, lists where a name repeats; a scalar is its `value` attribute. */
function readXml(text: string): Element {
  const parser = new SaxesParser();
  const root: Open = { name: '', members: {} };
  const open: Open[] = [root];
  let narrative = 0;
  parser.on('opentag', ({ name, attributes }) => {
    if (narrative > 0 || name === 'div') narrative += 1;
    if (narrative > 0) return;
    const { value: _value, xmlns: _xmlns, ...members } = attributes as Record<string, string>;
    open.push({ name, members: 'value' in attributes ? { '': attributes['value'] } : members });
  });
  parser.on('closetag', () => {
    if (narrative > 0) narrative -= 1;
    else close(open);
  });
  parser.write(text).close();
  return (root.members['Bundle'] ?? {}) as Element;
}

/** The element that ends becomes a member of the one around it; a resource says its type in its name. */
function close(open: Open[]): void {
  const { name, members } = open.pop() ?? { name: '', members: {} };
  const around = open.at(-1)?.members ?? {};
  const [[inner, resource] = ['', undefined]] = Object.entries(members);
  const isResource = /^[A-Z]/.test(inner);
  const value = isResource ? { resourceType: inner, ...(resource as Element) } : (members[''] ?? members);
  const before = around[name];
  if (before === undefined) around[name] = value;
  else around[name] = [...listOf(before), value];
}

/** Code maps that are documents: a sealed lineage map names them by digest, and never holds their codes. */
import { sha256, type Sha256 } from '../../kernel/digest.ts';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { CODE_MAP_BYTES_MAX, parseCodeMap, sealedCodeMap, type CodeMapDocument } from '../code-set/document.ts';
import { nearestWord } from '../spelling.ts';
import type { CodeMap, CodeMapReference, LineageMap } from './language.ts';
import { Understood } from './understood.ts';

const DIGEST = 'sha256:';
/** Those of a house together; one that is longer is parsed whenever it is needed. */
const REMEMBERED_BYTES_MAX = 32 * 1024 * 1024;

const codeMaps = new Understood<CodeMapDocument>(REMEMBERED_BYTES_MAX);

/** A document that somebody handed in with the maps that name it. */
export interface HandedCodeMap {
  /** Of its bytes as they were handed in: what `sha256sum` says of the file. */
  readonly digest: Sha256;
  readonly text: string;
  readonly document: CodeMapDocument;
}

/** Refuses as parseCodeMap does. */
export function handCodeMap(text: string): Outcome<HandedCodeMap> {
  const parsed = parseCodeMap(text);
  return parsed.ok ? granted({ digest: sha256(text), text, document: parsed.value }) : parsed;
}

/** `icd9-to-icd10@2018` */
export function nameOfCodeMap({ name, version }: CodeMapDocument): string {
  return `${name}@${version}`;
}

/** The digests of the documents that a sealed map names, each once. */
export function documentsOf(map: LineageMap): readonly Sha256[] {
  const digests = references(map).map(([, { document }]) => document.slice(DIGEST.length));
  return [...new Set(digests)].sort();
}

/** One refusal for each document a map names that was not handed in, or is not the one it names. */
export function documentProblems(map: LineageMap, handed: readonly HandedCodeMap[]): readonly Refusal[] {
  return references(map).flatMap(([name, reference]) => {
    const found = handedFor(reference, handed);
    if (!found.ok) return found.refusals.map((refusal) => ({ ...refusal, field: ['codeMaps', name, 'document'] }));
    const { named } = reference;
    if (named === undefined || named === nameOfCodeMap(found.value.document)) return [];
    return [
      problem(
        'CODE_MAP_CHANGED',
        `codeMaps.${name}.named is ${named}, and the document is ${nameOfCodeMap(found.value.document)}`,
        ['codeMaps', name, 'named'],
        'name the document the digest belongs to',
      ),
    ];
  });
}

/** The map with every document named by its digest. Of a map without documentProblems. */
export function pinDocuments(map: LineageMap, handed: readonly HandedCodeMap[]): LineageMap {
  return mapReferences(map, (reference) => {
    const found = handedFor(reference, handed);
    if (!found.ok) return reference;
    const { digest, document } = found.value;
    return { ...reference, document: DIGEST + digest, named: nameOfCodeMap(document) };
  });
}

/** Whether every document is named by its digest. */
export function isPinned(map: LineageMap): boolean {
  return references(map).every(([, { document }]) => document.startsWith(DIGEST));
}

/** The sealed map with the documents it names at hand, each read once: it can now be compiled. */
export async function withDocuments(
  map: LineageMap,
  read: (digest: Sha256, bytesMax: number) => Promise<Buffer>,
): Promise<LineageMap> {
  const contents = new Map<string, CodeMapDocument>();
  for (const digest of documentsOf(map)) {
    const bytes = await read(digest, CODE_MAP_BYTES_MAX);
    contents.set(DIGEST + digest, codeMaps.of(digest, bytes, sealedCodeMap));
  }
  if (contents.size === 0) return map;
  return mapReferences(map, (reference) => ({ ...reference, content: contents.get(reference.document) }));
}

/** The same with documents that were handed in, for a map nobody has sealed yet. */
export function withHanded(map: LineageMap, handed: readonly HandedCodeMap[]): LineageMap {
  return mapReferences(pinDocuments(map, handed), (reference) => {
    const found = handedFor(reference, handed);
    return found.ok ? { ...reference, content: found.value.document } : reference;
  });
}

function handedFor({ document }: CodeMapReference, handed: readonly HandedCodeMap[]): Outcome<HandedCodeMap> {
  const keyOf = (each: HandedCodeMap) =>
    document.startsWith(DIGEST) ? DIGEST + each.digest : nameOfCodeMap(each.document);
  const [found, another] = handed.filter((each) => keyOf(each) === document);
  if (found !== undefined && another === undefined) return granted(found);
  if (found !== undefined) {
    return refused(problem('CODE_MAP_AMBIGUOUS', `two documents are ${document}`, [], 'name one by its digest'));
  }
  const names = handed.map((each) => nameOfCodeMap(each.document));
  const allowed = names.length === 0 ? 'hand it in: codeMaps in the plan' : `handed in: ${names.join(', ')}`;
  const nearest = nearestWord(document, names);
  const remedy = nearest === undefined ? allowed : `${allowed}; perhaps ${nearest}`;
  return refused(problem('CODE_MAP_MISSING', `the code map ${document} was not handed in`, [], remedy));
}

function references(map: LineageMap): readonly (readonly [string, CodeMapReference])[] {
  return Object.entries(map.codeMaps ?? {}).flatMap(([name, each]) => ('document' in each ? [[name, each]] : []));
}

function mapReferences(map: LineageMap, change: (reference: CodeMapReference) => CodeMapReference): LineageMap {
  if (map.codeMaps === undefined) return map;
  const codeMaps = Object.entries(map.codeMaps).map(([name, each]): [string, CodeMap] => [
    name,
    'document' in each ? change(each) : each,
  ]);
  return { ...map, codeMaps: Object.fromEntries(codeMaps) };
}

function problem(code: string, message: string, field: readonly string[], remedy: string): Refusal {
  return { code, message, field, remedy };
}

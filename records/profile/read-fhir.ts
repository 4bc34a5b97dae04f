/** FHIR resources into a profile: a field for each element that holds a value, lists walked by themselves. */
import type { Json } from '../../kernel/canonical-json.ts';
import { type Bundle, readFhir } from '../fhir/read.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { isArray, isObject, type JsonObject } from '../leaves.ts';
import { PATH_DEPTH_MAX } from './limits.ts';
import type { FieldHandle, RecordSink } from './sink.ts';

/** The position of a resource is its number in its item, bundles opened. */
export async function profileFhir(path: string, chunks: ItemChunks, sink: RecordSink): Promise<void> {
  const reader = new ResourceReader(sink);
  let ordinal = 0;
  for await (const read of readFhir(path, chunks)) {
    sink.place.record = ++ordinal;
    if (read.kind === 'problem') {
      sink.problem(read.problem.code);
      continue;
    }
    reader.take(read.resource, ordinal, read.bundle);
    await sink.end();
  }
}

/** An element of a kind of resource; those below it are found by name. */
interface ElementNode {
  readonly path: string;
  readonly depth: number;
  /** Its values stand beside each other by their URL. */
  readonly isExtension: boolean;
  readonly below: Map<string, ElementNode>;
  handle: FieldHandle | undefined;
  /** Of references: by the type of what they refer to. */
  readonly identities: Map<string, number>;
}

class ResourceReader {
  readonly #sink: RecordSink;
  readonly #types = new Map<string, ElementNode>();
  #kind = '';
  #bundle: Bundle | null = null;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  take(resource: JsonObject, ordinal: number, bundle: Bundle | null): void {
    const type = typeof resource['resourceType'] === 'string' ? resource['resourceType'] : '';
    // What is no name of a type may be anything, and names are shown.
    this.#kind = /^[A-Z][A-Za-z]{1,63}$/.test(type) ? type : 'unnamed';
    this.#bundle = bundle;
    this.#sink.begin(this.#kind, ordinal);
    let node = this.#types.get(this.#kind);
    if (node === undefined) this.#types.set(this.#kind, (node = newNode(this.#kind, 0)));
    for (const [name, value] of Object.entries(resource)) {
      if (name !== 'resourceType') this.#element(child(node, name), value);
    }
    const { id } = resource;
    if (typeof id === 'string' && id !== '') this.#identify(child(node, 'id'), 'key', this.#kind, id);
  }

  #element(node: ElementNode, value: Json | undefined): void {
    if (value === null || value === undefined || value === '') return;
    if (isArray(value)) {
      for (const each of value) this.#element(node, each);
    } else if (isObject(value)) {
      const at = node.isExtension ? extensionNode(node, value) : node;
      for (const [name, member] of Object.entries(value)) this.#element(child(at, name), member);
    } else {
      node.handle ??= this.#sink.handle(this.#kind, node.path);
      this.#sink.value(node.handle, typeof value === 'string' ? value : String(value));
      if (typeof value === 'string' && node.path.endsWith('.reference')) this.#refer(node, value);
    }
  }

  /** Relative references, and absolute ones that the bundle resolves; others lead out of the dataset. */
  #refer(node: ElementNode, reference: string): void {
    const local = this.#bundle?.references.get(reference) ?? reference;
    const [, type, id] = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/.*)?$/.exec(local) ?? [];
    if (type !== undefined && id !== undefined) this.#identify(node, 'reference', type, id);
    else if (this.#bundle !== null && reference.startsWith('urn:uuid:'))
      this.#identify(node, 'reference', 'Bundle entry', reference);
  }

  #identify(node: ElementNode, use: 'key' | 'reference', type: string, id: string): void {
    const handle = (node.handle ??= this.#sink.handle(this.#kind, node.path));
    let identity = node.identities.get(type);
    if (identity === undefined) node.identities.set(type, (identity = this.#sink.identity(use, type, handle)));
    this.#sink.identify(identity, id);
  }
}

function newNode(path: string, depth: number): ElementNode {
  const isExtension = path.endsWith('.extension') || path.endsWith('.modifierExtension');
  return { path, depth, isExtension, below: new Map(), handle: undefined, identities: new Map() };
}

/** Elements remembered below one; those after them are walked as well, and looked up by their path each time. */
const NAMES_MAX = 1_000;

function child(parent: ElementNode, name: string): ElementNode {
  const isNamed = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(name);
  // Deeper elements count as one field with the last one that has a path of its own.
  if (parent.depth >= PATH_DEPTH_MAX) return parent;
  return below(parent, isNamed ? `.${name}` : '.unnamed');
}

/** A URL with nothing after its path, or the plain name of a part; anything else is not shown. */
function extensionNode(node: ElementNode, { url }: JsonObject): ElementNode {
  const isPlain = typeof url === 'string' && /^(?:https?:\/\/|urn:)?[\w.:/-]{1,200}$/.test(url);
  return below(node, `[${isPlain ? url : 'unnamed'}]`);
}

function below(parent: ElementNode, step: string): ElementNode {
  const known = parent.below.get(step);
  if (known !== undefined) return known;
  const node = newNode(parent.path + step, parent.depth + 1);
  if (parent.below.size < NAMES_MAX) parent.below.set(step, node);
  return node;
}

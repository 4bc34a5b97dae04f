/** What the sandbox's FHIR server holds: resources by type and id, found by identifier, faulty on demand. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

export interface Resource {
  readonly resourceType: string;
  readonly id?: string | undefined;
  readonly [element: string]: Json | undefined;
}

/** What a faulty target does to a resource it said it stored. */
export type WriteFault =
  | { readonly kind: 'lose' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'change'; readonly change: (resource: Resource) => Resource }
  | { readonly kind: 'accompany'; readonly extra: (resource: Resource) => Resource };

/** Asked once for each resource about to be stored; `undefined` stores it as it is. */
export type FaultPlan = (resource: Resource) => WriteFault | undefined;

export class FhirStore {
  readonly #resources = new Map<string, Map<string, Resource>>();
  readonly #byToken = new Map<string, string[]>();
  readonly #faults: FaultPlan;
  #nextId = 1;

  constructor(faults: FaultPlan = () => undefined) {
    this.#faults = faults;
  }

  /** Stores a resource under a new id and answers that id, faithfully or as the fault plan has it. */
  create(resource: Resource): string {
    const id = String(this.#nextId++);
    const fault = this.#faults(resource);
    switch (fault?.kind) {
      case undefined:
        this.#keep({ ...resource, id });
        break;
      case 'lose':
        break;
      case 'duplicate':
        this.#keep({ ...resource, id });
        this.#keep({ ...resource, id: String(this.#nextId++) });
        break;
      case 'change':
        this.#keep({ ...fault.change(resource), id });
        break;
      case 'accompany':
        this.#keep({ ...resource, id });
        this.#keep({ ...fault.extra(resource), id: String(this.#nextId++) });
        break;
      default:
        fault satisfies never;
    }
    return id;
  }

  get(type: string, id: string): Resource | undefined {
    return this.#resources.get(type)?.get(id);
  }

  /** Ids of the resources of `type` that carry this identifier, or this tag. */
  find(type: string, system: string, value: string, by: Token['by'] = 'identifier'): readonly string[] {
    return this.#byToken.get(`${type}|${by}|${system}|${value}`) ?? [];
  }

  /** Ids of every resource of `type`, in the order they came. */
  ids(type: string): readonly string[] {
    return [...(this.#resources.get(type)?.keys() ?? [])];
  }

  /** Puts `resource` in the place of the one that has its type and id, as somebody does who mends the target. */
  replace(resource: Resource): void {
    this.remove(resource.resourceType, resource.id ?? '');
    this.#keep(resource);
  }

  remove(type: string, id: string): void {
    const resource = this.get(type, id);
    if (!resource) return;
    this.#resources.get(type)?.delete(id);
    for (const { by, system, value } of tokensOf(resource)) {
      this.#byToken.set(
        `${type}|${by}|${system}|${value}`,
        this.find(type, system, value, by).filter((each) => each !== id),
      );
    }
  }

  #keep(resource: Resource): void {
    const { resourceType: type, id = '' } = resource;
    const ofType = this.#resources.get(type) ?? new Map<string, Resource>();
    this.#resources.set(type, ofType.set(id, resource));
    for (const { by, system, value } of tokensOf(resource)) {
      const key = `${type}|${by}|${system}|${value}`;
      this.#byToken.set(key, [...(this.#byToken.get(key) ?? []), id]);
    }
  }
}

/** What a resource is searched by. */
interface Token {
  readonly by: 'identifier' | '_tag';
  readonly system: string;
  readonly value: string;
}

export function tokensOf(resource: Resource): readonly Token[] {
  const { tag } = (resource['meta'] ?? {}) as { readonly tag?: Json };
  const identifiers = listOf(resource['identifier']).map(({ system = '', value = '' }) => ({ system, value }));
  const tags = listOf(tag).map(({ system = '', code = '' }) => ({ system, value: code }));
  return [
    ...identifiers.map((each) => ({ by: 'identifier' as const, ...each })),
    ...tags.map((each) => ({ by: '_tag' as const, ...each })),
  ];
}

function listOf(given: Json | undefined): readonly { system?: string; value?: string; code?: string }[] {
  const list = Array.isArray(given) ? given : given === undefined ? [] : [given];
  return list as readonly { system?: string; value?: string; code?: string }[];
}

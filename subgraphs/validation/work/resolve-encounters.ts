/** Follows the references of results to their encounters at the target, as whoever clicks on one does. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from '../../../records/lineage/lineage.ts';
import { encounterOf } from '../checks/chart.ts';
import type { LedTo } from '../checks/opened-chart.ts';
import { membersOf, textOf } from '../checks/resource.ts';
import { readRecord, type Target } from './target.ts';

/** Of some charts at one target: each encounter is looked up and read once. */
export class EncountersAtTarget {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  /** By source key the first of the target's ids, and the other way round every one. */
  readonly #ids = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  readonly #read = new Map<string, boolean>();

  private constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  static async lookUp(target: Target, keys: ReadonlySet<string>, signal: AbortSignal): Promise<EncountersAtTarget> {
    const encounters = new EncountersAtTarget(target, signal);
    if (keys.size > 0) await encounters.#find([...keys]);
    return encounters;
  }

  async #find(keys: readonly string[]): Promise<void> {
    const { listing } = this.#target;
    for await (const { key, targetId } of listing?.recordsByKey?.('Encounter', keys, this.#signal) ??
      listing?.records('Encounter', this.#signal) ??
      []) {
      if (key === undefined) continue;
      this.#keys.set(targetId, key);
      if (!this.#ids.has(key)) this.#ids.set(key, targetId);
    }
  }

  /** Where a result that the target shows leads. */
  async ledTo(result: Json): Promise<LedTo> {
    const { identifier, reference } = encounterOf(membersOf(result));
    const { system, value } = membersOf(identifier);
    const key = system === SOURCE_IDENTIFIER_SYSTEM ? textOf(value) : undefined;
    const named = key ?? textOf(reference);
    if (named === undefined) return { kind: 'nowhere' };
    // None of those looked up at first: another one, and only where it can be asked for by itself.
    if (key !== undefined && !this.#ids.has(key) && this.#target.listing?.recordsByKey) await this.#find([key]);
    const targetId = key === undefined ? targetIdIn(named) : this.#ids.get(key);
    if (targetId === undefined || !(await this.#opens(targetId))) return { kind: 'gone' };
    const found = this.#keys.get(targetId);
    return found === undefined ? { kind: 'stranger' } : { kind: 'encounter', key: found };
  }

  async #opens(targetId: string): Promise<boolean> {
    const known = this.#read.get(targetId);
    if (known !== undefined) return known;
    const read = await readRecord(this.#target, targetId, this.#signal);
    const opens = read.kind === 'read' && membersOf(read.resource)['resourceType'] === 'Encounter';
    this.#read.set(targetId, opens);
    return opens;
  }
}

/** `Encounter/12` in whatever the service puts around it. */
function targetIdIn(reference: string): string | undefined {
  return /(?:^|\/)(Encounter\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(reference)?.[1];
}

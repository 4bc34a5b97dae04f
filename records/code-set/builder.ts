/** Gathers the entries of a code map while its file is read, and says what is wrong with it by place. */
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import {
  CODE_MAP_NAME,
  CODES_MAX,
  type CodeEntry,
  type CodeMapDocument,
  type CodeSystem,
  type CodeTarget,
  type Unmapped,
} from './document.ts';

const REFUSALS_MAX = 20;
const TARGETS_MAX = 1000;

interface GatheredEntry extends Omit<CodeEntry, 'targets'> {
  readonly targets: CodeTarget[];
}

/** What a document is called, and by what systems; a reader may fill in what nobody said. */
export interface CodeMapHead {
  readonly name: string;
  readonly version?: string | undefined;
  readonly from?: CodeSystem | undefined;
  readonly to?: CodeSystem | undefined;
}

export class CodeMapBuilder {
  version: string | undefined;
  from: CodeSystem | undefined;
  to: CodeSystem | undefined;
  unmapped: Unmapped | undefined;
  readonly #name: string;
  readonly #codes = new Map<string, GatheredEntry>();
  readonly #refusals: Refusal[] = [];

  constructor({ name, version, from, to }: CodeMapHead) {
    this.#name = name;
    this.version = version;
    this.from = from;
    this.to = to;
  }

  /** True when reading on is no use. */
  get isFull(): boolean {
    return this.#refusals.length >= REFUSALS_MAX;
  }

  /** `where` is a line or a JSON pointer; nothing of the file is repeated. */
  refuse(where: string, what: string, remedy: string): void {
    if (this.isFull) return;
    this.#refusals.push({ code: 'CODE_MAP_INVALID', message: `${where}: ${what}`, field: ['codeMap'], remedy });
  }

  /** Adds to what is known of a code; the first word about the code itself stands. */
  add(where: string, code: string, about: CodeEntry): void {
    const { targets, ...rest } = about;
    let known = this.#codes.get(code);
    if (known === undefined) {
      if (this.#codes.size >= CODES_MAX) return this.refuse(where, `more than ${CODES_MAX} codes`, 'divide the map');
      known = { ...rest, targets: [] };
      this.#codes.set(code, known);
    }
    for (const target of targets) this.#addTarget(where, known.targets, target);
  }

  #addTarget(where: string, known: CodeTarget[], target: CodeTarget): void {
    if (known.length >= TARGETS_MAX) {
      return this.refuse(where, `more than ${TARGETS_MAX} targets of one code`, 'mend the file');
    }
    const spelt = JSON.stringify(target);
    if (known.some((each) => JSON.stringify(each) === spelt)) {
      return this.refuse(where, 'repeats an earlier mapping', 'remove one of the two');
    }
    known.push(target);
  }

  /** The document, or every refusal there was. */
  finish(provenance: CodeMapDocument['provenance']): Outcome<CodeMapDocument> {
    const { version, from, to, unmapped } = this;
    if (!CODE_MAP_NAME.test(this.#name)) this.refuse('name', 'is not written as it should be', CODE_MAP_NAME.source);
    if (this.#codes.size === 0 && !this.isFull) this.refuse('the file', 'holds no source code', 'take another file');
    else this.#refuseMissing();
    if (this.#refusals.length > 0 || version === undefined || from === undefined || to === undefined) {
      return refused(...this.#refusals);
    }
    const head = { name: this.#name, version, from, to, provenance };
    const codes = Object.fromEntries([...this.#codes].sort(([left], [right]) => (left < right ? -1 : 1)));
    return granted({ ...head, ...(unmapped === undefined ? {} : { unmapped }), codes: bySystem(codes, to.system) });
  }

  #refuseMissing(): void {
    const why = 'is missing, and the file does not say it';
    if (this.version === undefined) this.refuse('version', why, 'say it: --version');
    if (this.from === undefined) this.refuse('from', why, 'say the URI: --from');
    if (this.to === undefined) this.refuse('to', why, 'say the URI: --to');
  }
}

/** Targets of the map's own system first, and without its name; the order of the file otherwise. */
function bySystem(codes: Record<string, GatheredEntry>, main: string): Record<string, CodeEntry> {
  for (const entry of Object.values(codes)) {
    for (const [at, target] of entry.targets.entries()) {
      if (target.system !== main) continue;
      const { system: _main, ...rest } = target;
      entry.targets[at] = rest;
    }
    if (entry.targets.some(({ system }) => system !== undefined)) {
      entry.targets.sort((left, right) => compare(left.system ?? '', right.system ?? ''));
    }
  }
  return codes;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

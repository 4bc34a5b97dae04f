/** A code map as a document of its own: versioned, with the file it came from, and everything that file said. */
import { z } from 'zod';
import { isSha256 } from '../../kernel/digest.ts';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { MAPPED_EQUIVALENCES, UNMAPPED_EQUIVALENCES } from './equivalence.ts';

/** The largest document that is read, and the most codes it may have. */
export const CODE_MAP_BYTES_MAX = 64 * 1024 * 1024;
export const CODES_MAX = 500_000;

export interface CodeSystem {
  /** Its URI. */
  readonly system: string;
  readonly name: string;
  readonly version?: string | undefined;
}

/** Something beyond the code that a mapping hangs on, or that it also says (FHIR ConceptMap dependsOn, product). */
export interface Condition {
  readonly property: string;
  readonly value: string;
  readonly system?: string | undefined;
  readonly display?: string | undefined;
}

/** A code that may stand for the source code. */
export interface MappedTarget {
  readonly code: string;
  readonly display?: string | undefined;
  /** Where it is of another system than the map's. */
  readonly system?: string | undefined;
  readonly equivalence: (typeof MAPPED_EQUIVALENCES)[number];
  /** Of a combination: one target of each choice of a scenario, all together, stand for the source. From 1. */
  readonly scenario?: number | undefined;
  readonly choice?: number | undefined;
  readonly dependsOn?: readonly Condition[] | undefined;
  readonly product?: readonly Condition[] | undefined;
  readonly comment?: string | undefined;
}

/** Nothing stands for the source code, or this code does not. */
export interface UnmappedTarget {
  readonly equivalence: (typeof UNMAPPED_EQUIVALENCES)[number];
  readonly code?: string | undefined;
  readonly display?: string | undefined;
  readonly system?: string | undefined;
  readonly comment?: string | undefined;
}

export type CodeTarget = MappedTarget | UnmappedTarget;

/** What is known of one source code. Without a target that maps, it is known to have none. */
export interface CodeEntry {
  readonly display?: string | undefined;
  readonly definition?: string | undefined;
  /** In the words of its code system: `active`, `inactive`. */
  readonly status?: string | undefined;
  readonly comment?: string | undefined;
  readonly targets: readonly CodeTarget[];
}

/** What becomes of a code the map does not have (FHIR ConceptMap unmapped). Without it: a problem. */
export type Unmapped =
  | { readonly mode: 'provided' }
  | { readonly mode: 'fixed'; readonly code: string; readonly display?: string | undefined }
  | { readonly mode: 'other-map'; readonly url: string };

export interface Provenance {
  /** The name of the file. */
  readonly source: string;
  readonly sha256: string;
  /** Which reader made this of it, for example `gems 1`. */
  readonly loadedWith: string;
}

export interface CodeMapDocument {
  readonly name: string;
  readonly version: string;
  readonly from: CodeSystem;
  readonly to: CodeSystem;
  readonly provenance: Provenance;
  readonly unmapped?: Unmapped | undefined;
  /** By source code. */
  readonly codes: Readonly<Record<string, CodeEntry>>;
}

export const CODE_MAP_NAME = /^[a-z0-9][a-z0-9.-]*$/;

const text = z.string().min(1);
const system = z.strictObject({ system: text, name: text, version: text.optional() });
const condition = z.strictObject({ property: text, value: text, system: text.optional(), display: text.optional() });
const described = { display: text.optional(), system: text.optional(), comment: text.optional() };
const ordinal = z.number().int().min(1).optional();
const target = z.discriminatedUnion('equivalence', [
  z.strictObject({
    code: text,
    ...described,
    equivalence: z.enum(MAPPED_EQUIVALENCES),
    scenario: ordinal,
    choice: ordinal,
    dependsOn: z.array(condition).min(1).optional(),
    product: z.array(condition).min(1).optional(),
  }),
  z.strictObject({ code: text.optional(), ...described, equivalence: z.enum(UNMAPPED_EQUIVALENCES) }),
]);
const entry = z.strictObject({
  display: text.optional(),
  definition: text.optional(),
  status: text.optional(),
  comment: text.optional(),
  targets: z.array(target),
});
const schema: z.ZodType<CodeMapDocument> = z.strictObject({
  name: z.string().regex(CODE_MAP_NAME),
  version: text,
  from: system,
  to: system,
  provenance: z.strictObject({ source: text, sha256: z.string().refine(isSha256), loadedWith: text }),
  unmapped: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('provided') }),
      z.strictObject({ mode: z.literal('fixed'), code: text, display: text.optional() }),
      z.strictObject({ mode: z.literal('other-map'), url: text }),
    ])
    .optional(),
  codes: z.record(text, entry),
});

const REFUSALS_MAX = 20;

/** Refuses with CODE_MAP_INVALID what is no document of a code map, naming where. */
export function parseCodeMap(source: string): Outcome<CodeMapDocument> {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return refused(invalid('the document', 'is no JSON', 'make it with: waybill code-map import'));
  }
  const shaped = schema.safeParse(value);
  if (!shaped.success) {
    const issues = shaped.error.issues.slice(0, REFUSALS_MAX);
    return refused(
      ...issues.map(({ path, message }) => invalid(path.join('.') || 'the document', 'is wrong', message)),
    );
  }
  if (Object.keys(shaped.data.codes).length <= CODES_MAX) return granted(shaped.data);
  return refused(invalid('codes', `has more than ${CODES_MAX} codes`, 'divide the map'));
}

/** The document of a text that parseCodeMap has granted before it was sealed under its digest. */
export function sealedCodeMap(source: string): CodeMapDocument {
  return JSON.parse(source) as CodeMapDocument;
}

/** Members of entries, targets and conditions in the order they are written. */
const MEMBERS: string[] = [
  ...['code', 'display', 'system', 'property', 'value', 'definition', 'status'],
  ...['equivalence', 'scenario', 'choice', 'dependsOn', 'product', 'comment', 'targets'],
];

/** One text for one document: an entry on each line, in the order of the codes. */
export function codeMapText(document: CodeMapDocument): string {
  const { name, version, from, to, provenance, unmapped, codes } = document;
  const head = { name, version, from, to, provenance, ...(unmapped === undefined ? {} : { unmapped }) };
  const members = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const entries = Object.entries(codes)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([code, each]) => `    ${JSON.stringify(code)}: ${JSON.stringify(each, MEMBERS)}`);
  const body = entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n  }`;
  return `{\n${[...members, `"codes": ${body}`].map((member) => `  ${member}`).join(',\n')}\n}\n`;
}

function invalid(where: string, what: string, remedy: string): Refusal {
  return { code: 'CODE_MAP_INVALID', message: `${where} ${what}`, field: ['codeMap'], remedy };
}

/** A target in a line: `A00.0 (equivalent)`, `none (unmatched)`, `B (wider, scenario 1, choice 2)`. */
export function codeTargetText(target: CodeTarget): string {
  const { code = 'none', system, equivalence } = target;
  const more: string[] = [equivalence];
  if ('scenario' in target && target.scenario !== undefined) more.push(`scenario ${target.scenario}`);
  if ('choice' in target && target.choice !== undefined) more.push(`choice ${target.choice}`);
  if ('dependsOn' in target) {
    for (const { property, value } of target.dependsOn ?? []) more.push(`where ${property} is ${value}`);
    for (const { property, value } of target.product ?? []) more.push(`with ${property} ${value}`);
  }
  return `${code}${system === undefined ? '' : ` of ${system}`} (${more.join(', ')})`;
}

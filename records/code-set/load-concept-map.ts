/** FHIR R4 ConceptMap, JSON: groups of one source system, every target system kept. */
import { z } from 'zod';
import { gather } from '../item-bytes.ts';
import type { CodeMapBuilder } from './builder.ts';
import {
  EXTENSION_URL,
  type FhirConceptMap,
  type FhirElement,
  type FhirGroup,
  type FhirTarget,
} from './concept-map.ts';
import { CODE_MAP_BYTES_MAX, type CodeTarget, type MappedTarget, type Unmapped } from './document.ts';
import {
  isMappedEquivalence,
  isUnmappedEquivalence,
  MAPPED_EQUIVALENCES,
  UNMAPPED_EQUIVALENCES,
} from './equivalence.ts';
import { filled } from './load-csv.ts';
import { codeSystem } from './system.ts';

const text = z.string().min(1);
const extension = z
  .array(z.looseObject({ url: text, valueString: text.optional(), valueInteger: z.number().int().optional() }))
  .optional();
const conditions = z
  .array(z.object({ property: text, system: text.optional(), value: text, display: text.optional() }))
  .min(1)
  .optional();
const resource: z.ZodType<FhirConceptMap> = z.looseObject({
  resourceType: z.literal('ConceptMap'),
  extension,
  version: text.optional(),
  status: text,
  group: z
    .array(
      z.object({
        source: text.optional(),
        sourceVersion: text.optional(),
        target: text.optional(),
        targetVersion: text.optional(),
        element: z.array(
          z.object({
            extension,
            code: text,
            display: text.optional(),
            target: z
              .array(
                z.object({
                  extension,
                  code: text.optional(),
                  display: text.optional(),
                  equivalence: text,
                  comment: text.optional(),
                  dependsOn: conditions,
                  product: conditions,
                }),
              )
              .optional(),
          }),
        ),
        unmapped: z
          .object({ mode: text, code: text.optional(), display: text.optional(), url: text.optional() })
          .optional(),
      }),
    )
    .min(1),
});

const ISSUES_MAX = 20;

/** Of several source systems the one that was asked for; else the file must have only one. */
export async function loadConceptMap(bytes: AsyncIterable<Uint8Array>, builder: CodeMapBuilder): Promise<void> {
  const whole = await gather(bytes, CODE_MAP_BYTES_MAX);
  if (whole === undefined) return builder.refuse('/', `is larger than ${CODE_MAP_BYTES_MAX} bytes`, 'divide the map');
  let value: unknown;
  try {
    value = JSON.parse(whole.toString('utf8'));
  } catch {
    return builder.refuse('/', 'is no JSON', 'take the ConceptMap as FHIR JSON');
  }
  const shaped = resource.safeParse(value);
  if (!shaped.success) {
    for (const { path, message } of shaped.error.issues.slice(0, ISSUES_MAX)) {
      builder.refuse(`/${path.join('/')}`, 'is not as FHIR R4 has it', message);
    }
    return;
  }
  const map = shaped.data;
  builder.version ??= map.version;
  const { extension: own = [] } = map;
  const main = wordOf(own, 'to-system');
  if (main !== undefined) builder.to ??= codeSystem(main, wordOf(own, 'to-version'));
  const groups = groupsOf(map, builder);
  for (const { group, at } of groups) addGroup(group, `/group/${at}`, builder);
  named(map, builder);
}

function groupsOf(map: FhirConceptMap, builder: CodeMapBuilder): readonly { group: FhirGroup; at: number }[] {
  const all = map.group.map((group, at) => ({ group, at }));
  const sources = [...new Set(map.group.map(({ source }) => source))];
  const asked = builder.from?.system ?? (sources.length === 1 ? sources[0] : undefined);
  if (asked === undefined) {
    const known = sources.filter((each) => each !== undefined).join(', ');
    builder.refuse('/group', 'is of several source systems, or of none', `say which: --from URI; there are: ${known}`);
    return [];
  }
  const found = all.filter(
    ({ group }) => group.source === asked || (group.source === undefined && sources.length === 1),
  );
  if (found.length === 0)
    builder.refuse('/group', 'has no group of the system asked for', `there are: ${sources.join(', ')}`);
  builder.from ??= codeSystem(asked, found[0]?.group.sourceVersion);
  return found;
}

function addGroup(group: FhirGroup, where: string, builder: CodeMapBuilder): void {
  const system = group.target ?? builder.to?.system;
  if (system === undefined) return builder.refuse(`${where}/target`, 'is missing', 'say the URI: --to');
  builder.to ??= codeSystem(system);
  const { targetVersion: version } = group;
  if (version !== undefined && builder.to.system === system) builder.to = { ...builder.to, version };
  addUnmapped(group, where, builder);
  for (const [at, element] of group.element.entries()) {
    const place = `${where}/element/${at}`;
    const targets = (element.target ?? []).flatMap((target, each) =>
      targetOf(target, system, `${place}/target/${each}`, builder),
    );
    builder.add(place, element.code, { ...filled({ display: element.display }), ...aboutOf(element), targets });
  }
}

function aboutOf({ extension: own = [] }: FhirElement) {
  return filled({
    definition: wordOf(own, 'definition'),
    status: wordOf(own, 'status'),
    comment: wordOf(own, 'comment'),
  });
}

function targetOf(target: FhirTarget, system: string, where: string, builder: CodeMapBuilder): readonly CodeTarget[] {
  const { extension: own = [], code, equivalence, dependsOn, product } = target;
  const described = { ...filled({ display: target.display, comment: target.comment }), system };
  if (isUnmappedEquivalence(equivalence)) {
    const { system: _system, ...rest } = described;
    return [code === undefined ? { ...rest, equivalence } : { ...described, code, equivalence }];
  }
  if (!isMappedEquivalence(equivalence)) {
    const allowed = [...MAPPED_EQUIVALENCES, ...UNMAPPED_EQUIVALENCES].join(', ');
    builder.refuse(`${where}/equivalence`, 'is not of FHIR R4', `allowed: ${allowed}`);
    return [];
  }
  if (code === undefined) {
    builder.refuse(`${where}/code`, 'is missing', 'only unmatched and disjoint have no code');
    return [];
  }
  const mapped: MappedTarget = { code, ...described, equivalence };
  const [scenario, choice] = [numberOf(own, 'scenario'), numberOf(own, 'choice')];
  return [
    {
      ...mapped,
      ...(scenario === undefined ? {} : { scenario }),
      ...(choice === undefined ? {} : { choice }),
      ...(dependsOn === undefined ? {} : { dependsOn }),
      ...(product === undefined ? {} : { product }),
    },
  ];
}

function addUnmapped({ unmapped }: FhirGroup, where: string, builder: CodeMapBuilder): void {
  if (unmapped === undefined) return;
  const { mode, code, display, url } = unmapped;
  let read: Unmapped | undefined;
  if (mode === 'provided') read = { mode };
  if (mode === 'fixed' && code !== undefined) read = { mode, code, ...(display === undefined ? {} : { display }) };
  if (mode === 'other-map' && url !== undefined) read = { mode, url };
  const isOther = builder.unmapped !== undefined && JSON.stringify(builder.unmapped) !== JSON.stringify(read);
  if (read === undefined)
    builder.refuse(`${where}/unmapped`, 'is not as FHIR R4 has it', 'provided, fixed or other-map');
  else if (isOther) builder.refuse(`${where}/unmapped`, 'differs from that of another group', 'divide the map');
  else builder.unmapped = read;
}

/** Names of the systems, where a code map of ours was written as a ConceptMap. */
function named({ extension: own = [] }: FhirConceptMap, builder: CodeMapBuilder): void {
  const { from, to } = builder;
  const [fromName, toName] = [wordOf(own, 'from-name'), wordOf(own, 'to-name')];
  if (from !== undefined && fromName !== undefined) builder.from = { ...from, name: fromName };
  if (to !== undefined && toName !== undefined) builder.to = { ...to, name: toName };
}

type Extensions = NonNullable<FhirConceptMap['extension']>;

function wordOf(own: Extensions, name: string): string | undefined {
  return own.find(({ url }) => url === EXTENSION_URL + name)?.valueString;
}

function numberOf(own: Extensions, name: string): number | undefined {
  return own.find(({ url }) => url === EXTENSION_URL + name)?.valueInteger;
}

/** A code map as a FHIR R4 ConceptMap; loadConceptMap makes the same code map of it again. */
import type { FhirConceptMap, FhirElement, FhirExtension, FhirGroup, FhirTarget } from './concept-map.ts';
import { EXTENSION_URL } from './concept-map.ts';
import type { CodeEntry, CodeMapDocument, CodeTarget } from './document.ts';

export function conceptMapOf(document: CodeMapDocument): FhirConceptMap {
  const { name, version, from, to, provenance } = document;
  const names = { 'from-name': from.name, 'to-name': to.name };
  const extension = extensions({ ...names, 'to-system': to.system, 'to-version': to.version });
  return {
    resourceType: 'ConceptMap',
    extension,
    url: `urn:waybill:code-map:${name}`,
    version,
    name,
    status: 'active',
    description: `From ${provenance.source}, sha256 ${provenance.sha256}, read as ${provenance.loadedWith}.`,
    group: groupsOf(document),
  };
}

/** One group for each system of targets; an element stands in every group of its targets, or else in the main one. */
function groupsOf({ from, to, codes, unmapped }: CodeMapDocument): readonly FhirGroup[] {
  const elements = new Map<string, FhirElement[]>([[to.system, []]]);
  for (const [code, entry] of Object.entries(codes)) {
    const groups = Map.groupBy(entry.targets, ({ system }) => system ?? to.system);
    if (groups.size === 0) groups.set(to.system, []);
    for (const [system, targets] of groups) {
      const list = elements.get(system) ?? [];
      elements.set(system, list);
      list.push(elementOf(code, entry, targets));
    }
  }
  const groups = [...elements].filter(([, element]) => element.length > 0);
  return groups.map(([system, element]) => ({
    source: from.system,
    ...(from.version === undefined ? {} : { sourceVersion: from.version }),
    target: system,
    ...(to.version === undefined || system !== to.system ? {} : { targetVersion: to.version }),
    element,
    ...(unmapped === undefined ? {} : { unmapped }),
  }));
}

function elementOf(code: string, entry: CodeEntry, targets: readonly CodeTarget[]): FhirElement {
  const { display, definition, status, comment } = entry;
  const own = extensions({ definition, status, comment });
  return {
    ...(own.length === 0 ? {} : { extension: own }),
    code,
    ...(display === undefined ? {} : { display }),
    ...(targets.length === 0 ? {} : { target: targets.map(targetOf) }),
  };
}

function targetOf({ system: _system, ...target }: CodeTarget): FhirTarget {
  if (!('scenario' in target) && !('choice' in target)) return target;
  const { scenario, choice, ...rest } = target;
  const own = extensions({ scenario, choice });
  return { ...(own.length === 0 ? {} : { extension: own }), ...rest };
}

function extensions(values: Readonly<Record<string, string | number | undefined>>): readonly FhirExtension[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const url = EXTENSION_URL + name;
    return [typeof value === 'number' ? { url, valueInteger: value } : { url, valueString: value }];
  });
}

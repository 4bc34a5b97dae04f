/** Texts longer than the target keeps: they fit the source, look right to everybody, and arrive cut off. */
import type { RecordCheck, Seen, Told } from './record-check.ts';
import type { Members } from './resource.ts';

export const TEXT_LIMITS: RecordCheck = {
  id: 'text-limits',
  version: '1',
  layer: 'usability',
  method: 'record',
  requirements: ['J05', 'J08', 'J23'],
  categories: ['truncation'],
  codes: ['LONGER_THAN_TARGET'],
  cannotSee: 'limits of the target that the policy does not state, and limits on what a screen shows of a text',
  look: overlongOf,
};

function overlongOf(resource: Members, { lengthMax }: Told): readonly Seen[] {
  const type = resource['resourceType'];
  return [...lengthMax].flatMap(([path, limit]) => {
    const [of, ...steps] = path.split('.');
    if (of !== type) return [];
    return textsAt(resource, steps, '')
      .filter(({ text }) => text.length > limit)
      .map(({ field, text }): Seen => {
        const message = `the text has ${text.length} characters, and the target keeps ${limit}`;
        return { category: 'truncation', code: 'LONGER_THAN_TARGET', field, message };
      });
  });
}

interface Text {
  readonly field: string;
  readonly text: string;
}

/** Every text at a path; lists are walked by themselves. */
function textsAt(value: Members[string], steps: readonly string[], field: string): readonly Text[] {
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => textsAt(each as Members[string], steps, `${field}[${index}]`));
  }
  const [step, ...rest] = steps;
  if (step === undefined) return typeof value === 'string' ? [{ field, text: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return textsAt((value as Members)[step], rest, field === '' ? step : `${field}.${step}`);
}

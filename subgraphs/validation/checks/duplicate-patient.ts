/** One person under two numbers: half of the history is missing in each of the two charts. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Check } from '../domain/check.ts';
import { listOf, membersOf, textOf } from './resource.ts';

export const DUPLICATE_PATIENT: Check = {
  id: 'duplicate-patient',
  version: '1',
  layer: 'content',
  requirements: ['J09', 'J02'],
  categories: ['duplicate-patient'],
  cannotSee: 'the same person with another spelling, name, birth date or sex',
};

const FULL_DATE = /^\d{4}-\d{2}-\d{2}$/;
const KNOWN_SEX = ['male', 'female', 'other'];

/** Name, birth date and sex in one spelling; undefined where one is not known, for then nothing follows. */
export function identityOf(resource: Json): string | undefined {
  const { resourceType, name, birthDate, gender } = membersOf(resource);
  const born = textOf(birthDate) ?? '';
  const sex = textOf(gender) ?? '';
  if (resourceType !== 'Patient' || !FULL_DATE.test(born) || !KNOWN_SEX.includes(sex)) return undefined;
  const names = listOf(name).map(membersOf);
  const chosen = names.find(({ use }) => use === 'official') ?? names[0] ?? {};
  const family = normalized(textOf(chosen['family']) ?? '');
  const given = listOf(chosen['given'])
    .map((each) => normalized(textOf(each) ?? ''))
    .filter((each) => each !== '');
  if (family === '' || given.length === 0) return undefined;
  return [family, given.join(' '), born, sex].join('|');
}

/** Letters and digits only, without accents and case. */
function normalized(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

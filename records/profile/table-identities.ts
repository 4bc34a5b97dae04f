/** Which columns of a table are its key and which refer to other tables, by their names and the table's. */
import type { Use } from './identities.ts';
import { columnKnowledge, wordsOf } from './knowledge-columns.ts';

export interface TableIdentity {
  readonly column: number;
  readonly use: Use;
  readonly namespace: string;
}

const BARE_KEY = /^(?:ID|KEY|UUID|GUID)$/;
const NAMED_KEY = /^(.*\S) ?(?:ID|KEY|UUID|GUID|NO|NUM|NUMBER)$/;
/** Columns that are named after the table they refer to. */
const REFERRING =
  /^(?:PATIENT|PERSON|ENCOUNTER|VISIT|PROVIDER|PRACTITIONER|ORGANIZATION|PAYER|ORDER|DOCUMENT|NOTE|ACCOUNT|MRN)$/;
const PEOPLE = /^(?:PATIENT|PAT|PERSON|MEMBER|MRN)$/;

/**
 * A key is the first column where its name is `id` or the table's own, the only id there is, or the number of a
 * person in a table of people. Other columns called after something refer to the table that has its key, if any does.
 */
export function tableIdentities(path: string, columns: readonly string[]): readonly TableIdentity[] {
  const table = tableName(path);
  const words = columns.map(wordsOf);
  const hasPeople = columns.some((name) => columnKnowledge(name).moment === 'birth');
  const ids = words.filter((each) => BARE_KEY.test(each) || namespaceOf(each) !== undefined).length;
  return words.flatMap((each, column): readonly TableIdentity[] => {
    const namespace = BARE_KEY.test(each) ? table : namespaceOf(each);
    if (namespace === undefined) return [];
    const isOwn = BARE_KEY.test(each) || namespace === table || ids === 1;
    const isPerson = PEOPLE.test(namespace);
    const isKey = isPerson ? hasPeople && (column === 0 || namespace === 'MRN' || isOwn) : column === 0 && isOwn;
    return [{ column, use: isKey ? 'key' : 'reference', namespace }];
  });
}

/** What a column is called after: ENCOUNTER of `encounter_id`. */
function namespaceOf(words: string): string | undefined {
  if (REFERRING.test(words)) return singular(words);
  const named = NAMED_KEY.exec(words)?.[1];
  return named === undefined ? undefined : singular(named);
}

/** PATIENT of `extract/patients_2024-02.csv`. */
function tableName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\..*$/, '');
  return singular(wordsOf(file.replace(/[\d_-]+$/, '')));
}

function singular(words: string): string {
  return words.replace(/IES$/, 'Y').replace(/([^S])S$/, '$1');
}

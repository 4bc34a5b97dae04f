/** What is planted, and what must be found of it. */
import { demographics, practice } from './practice.ts';
import type { DatasetGiven, Rig } from './rig.ts';

export interface Planted {
  /** The practice with something wrong at the source or on the way. */
  readonly datasets?: readonly DatasetGiven[];
  /** Something wrong at the target, after the delivery. */
  readonly spoil?: (rig: Rig) => void;
  /** `category dataset source [field]` */
  readonly found: readonly string[];
  /** Items that must not be verified, by dataset and path. */
  readonly touched: readonly (readonly [dataset: string, path: string])[];
}

type Resource = Record<string, unknown> & { readonly id: string };

export function change(rig: Rig, type: string, key: string, how: (resource: Resource) => object): void {
  const records = rig.target.records.get(type) ?? [];
  const at = records.findIndex((record) => record.key === key);
  const record = records[at];
  if (record === undefined) throw new Error(`no ${type} ${key}`);
  const resource = JSON.parse(Buffer.from(record.bytes).toString()) as Resource;
  records[at] = { ...record, bytes: Buffer.from(JSON.stringify(how(resource))) };
}

export function lose(rig: Rig, type: string, ...keys: readonly string[]): void {
  const left = (rig.target.records.get(type) ?? []).filter(({ key }) => !keys.includes(key ?? ''));
  rig.target.records.set(type, left);
}

/** The changed dataset, with the patients its records belong to. */
/** The target holds it a second time. */
export function double(rig: Rig, type: string, key: string): void {
  const { id: _, ...found } = JSON.parse(Buffer.from(rig.target.findRecord(type, { key })?.bytes ?? '{}').toString());
  rig.target.addRecord(type, key, found);
}

export const having = (changed: DatasetGiven): readonly DatasetGiven[] =>
  changed.name === 'demographics' || changed.lineage === undefined ? [changed] : [demographics(), changed];

/** Of the sound practice what is needed to see `found`; all of it where nothing is to be found. */
export function datasetsOf({ datasets, found }: Planted): readonly DatasetGiven[] {
  if (datasets !== undefined) return datasets;
  if (found.length === 0) return practice();
  return practice().filter(({ name }) => found.some((line) => line.split(' ')[1] === name));
}

const SOUND = practice();
export const filesOf = (name: string) => SOUND.find((each) => each.name === name)?.files ?? {};

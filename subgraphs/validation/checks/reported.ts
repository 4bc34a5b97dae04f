/** What a report takes of a record: whether it belongs to a group, and what it adds to a sum. */
import { type Json, NumberLiteral } from '../../../kernel/canonical-json.ts';
import { DecimalSum } from '../domain/decimal-sum.ts';
import type { ReportTotal } from '../domain/plan.ts';
import { dayOfRecord } from './authored.ts';
import { codingsOf, listOf, membersOf, textOf } from './resource.ts';

/** Of no group: every record is in it. */
export function isReported(resource: Json, { code, day }: Pick<ReportTotal, 'code' | 'day'>): boolean {
  const isOfCode = code === null || codingsOf(membersOf(resource)['code']).some((coding) => coding.code === code);
  return isOfCode && (day === null || dayOf(resource)?.startsWith(day) === true);
}

/** As it is written, whatever the zone: a day of a report is a day where it was worked. */
function dayOf(resource: Json): string | undefined {
  const { occurrencePeriod, billablePeriod, servicedDate, created } = membersOf(resource);
  const starts = [occurrencePeriod, billablePeriod].map((period) => textOf(membersOf(period)['start']));
  return dayOfRecord(resource) ?? starts.find((start) => start !== undefined) ?? textOf(servicedDate ?? created);
}

/** The values of an element, `priceOverride.value`, added up; undefined where one of them is no decimal. */
export function amountOf(resource: Json, of: string): string | undefined {
  const values = of
    .split('.')
    .reduce<readonly Json[]>((some, name) => some.flatMap((each) => listOf(membersOf(each)[name])), [resource]);
  const sum = new DecimalSum();
  for (const value of values) {
    const isNumber = typeof value === 'number' || value instanceof NumberLiteral;
    if (!isNumber || !sum.add(String(value))) return undefined;
  }
  return sum.toString();
}

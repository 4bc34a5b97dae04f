/** Classes of what a target holds as it ought to, and whoever opens a chart or makes a report there does not see. */
import type { StoredRecord } from '../../plugins/memory/place.ts';
import type { Rig } from '../../test/validation/rig.ts';
import { type Chart, reportedAt } from './charts.ts';
import { inTarget, keyOf, type Mutation, textInTarget } from './mutation.ts';

const patientOf = ({ mrn }: Pick<Chart, 'mrn'>): string => `mrn:${mrn}`;

type Shown = readonly StoredRecord[];

/** What the chart of this patient shows, changed. */
function inChart(how: (shown: Shown, chart: Chart) => Shown): Pick<Mutation, 'about' | 'atTarget' | 'expects'> {
  return {
    expects: ['workflow-failed'],
    about: (chart) => [patientOf(chart)],
    atTarget: ({ target }: Rig, chart) => {
      const before = target.showsChart;
      target.showsChart = (records, patient) => {
        const shown = before(records, patient);
        return patient === patientOf(chart) ? how(shown, chart) : shown;
      };
    },
  };
}

function hidden(type: string, prefix: string): Pick<Mutation, 'about' | 'atTarget' | 'expects'> {
  return inChart((shown, chart) => shown.filter(({ key }) => key !== keyOf(chart, type, prefix)));
}

/** A result of this chart led to the visit of the first patient. */
function astray(text: string, { mrn }: Chart): string {
  return text.replaceAll(`visit-${mrn.slice(1)}`, 'visit-000001');
}

export const IN_CHARTS: readonly Mutation[] = [
  {
    ...{ name: 'an allergy that the chart does not show', isCritical: true },
    ...hidden('AllergyIntolerance', 'allergy'),
  },
  { ...{ name: 'a visit that the chart does not show', isCritical: true }, ...hidden('Encounter', 'visit') },
  {
    ...{ name: 'a medication that the chart does not show', isCritical: true },
    ...hidden('MedicationRequest', 'active'),
  },
  { ...{ name: 'a charge that the history does not show', isCritical: true }, ...hidden('ChargeItem', 'charge') },
  {
    ...{ name: 'medications shown from the oldest on', isCritical: true },
    ...inChart((shown) => shown.toReversed()),
  },
  {
    ...{ name: 'a result that the chart leads to another visit', isCritical: true },
    ...inChart((shown, chart) =>
      shown.map((record) =>
        record.key === keyOf(chart, 'Observation', 'result')
          ? { ...record, bytes: Buffer.from(astray(Buffer.from(record.bytes).toString(), chart)) }
          : record,
      ),
    ),
  },
  {
    ...{ name: 'a result filed under another visit', isCritical: true, expects: ['incomplete-chart'] },
    ...textInTarget('Observation', 'result', astray),
    // It is told as the value that it is, and at the visit that lacks it.
    about: (chart) => [
      ...[keyOf(chart, 'Observation', 'result'), keyOf(chart, 'Encounter', 'visit'), patientOf(chart)],
    ],
  },
  {
    ...{ name: 'a total of a report that changed', isCritical: true, expects: ['workflow-failed'] },
    ...inTarget('ChargeItem', 'charge', () => ({ priceOverride: { value: 12.05, currency: 'USD' } })),
    about: (chart) => [reportedAt(chart), keyOf(chart, 'ChargeItem', 'charge')],
  },
];

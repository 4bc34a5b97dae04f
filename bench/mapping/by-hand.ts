/** The mapping of oru.lineage.yaml, written for this one purpose: without paths, rules or positions. */
import type { Hl7Message } from '../../records/hl7v2/message.ts';

type Resource = Record<string, unknown>;

const STATUS: Readonly<Record<string, string>> = { P: 'preliminary', F: 'final', C: 'corrected', X: 'cancelled' };
const SYSTEMS: Readonly<Record<string, string>> = { LN: 'http://loinc.org', SCT: 'http://snomed.info/sct' };
const FLAGS: Readonly<Record<string, string>> = {
  L: 'Low',
  LL: 'Critical low',
  H: 'High',
  HH: 'Critical high',
  N: 'Normal',
};
const QUANTITY = /^(<=|>=|<|>)?\s*([+-]?[0-9.]+)$/;

export function mapByHand(message: Hl7Message): readonly Resource[] {
  const at = (segment: number, field: number, component = 1) =>
    segment === -1 ? undefined : message.value(segment, { field, component })?.trim() || undefined;
  const pid = message.find('PID');
  const pv1 = message.find('PV1');
  const control = at(0, 10);
  const visit = at(pv1, 19);
  const shared = {
    subject: reference('Patient', `mrn:${at(pid, 3)}`),
    ...(visit === undefined ? {} : { encounter: reference('Encounter', `enc:${visit}`) }),
  };
  const zone = /[+-]\d{4}$/.exec(at(0, 7) ?? '')?.[0] ?? '';
  const reports: Resource[] = [];
  const observations: Resource[] = [];
  let obr = -1;
  let orders = 0;
  let results: unknown[] = [];
  for (let segment = 0; segment < message.ids.length; segment++) {
    const id = message.ids[segment];
    const get = (field: number, component = 1) => at(segment, field, component);
    if (id === 'OBR') {
      obr = segment;
      orders += 1;
      results = [];
      const codings = [coding(get(4, 1), get(4, 2), get(4, 3)), coding(get(4, 4), get(4, 5), get(4, 6))];
      reports.push({
        resourceType: 'DiagnosticReport',
        identifier: [{ system: 'urn:waybill:source', value: `rep:${control}:${orders}` }],
        status: known(STATUS, get(25)),
        code: { coding: codings.filter((each) => each !== undefined) },
        ...shared,
        effectiveDateTime: moment(get(7), zone),
        issued: moment(get(22), zone),
        result: results,
      });
    } else if (id === 'OBX') {
      const key = `obs:${control}:${orders}:${results.length + 1}`;
      results.push(reference('Observation', key));
      observations.push(observation(key, get, { shared, zone, orderTime: at(obr, 7) }));
    } else if (id === 'NTE') {
      const last = observations.at(-1);
      if (last !== undefined) last['note'] = [...((last['note'] as unknown[]) ?? []), { text: get(3) }];
    }
  }
  return [...reports, ...observations];
}

interface Around {
  readonly shared: Resource;
  readonly zone: string;
  readonly orderTime: string | undefined;
}

function observation(key: string, get: (field: number, component?: number) => string | undefined, around: Around) {
  const [type, flag, range, code] = [get(2), get(8), get(7), coding(get(3, 1), get(3, 2), get(3, 3))];
  const made: Resource = {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:waybill:source', value: key }],
    status: known(STATUS, get(11)),
    code: code === undefined ? { text: get(3, 2) } : { coding: [code] },
    ...around.shared,
    effectiveDateTime: moment(get(14) ?? around.orderTime, around.zone),
  };
  if (type === 'NM') made['valueQuantity'] = quantity(get(5), get(6), get(6, 3));
  if (type === 'CE' || type === 'CWE') {
    made['valueCodeableConcept'] = { coding: [coding(get(5, 1), get(5, 2), get(5, 3))] };
  }
  if (type === 'ST' || type === 'TX' || type === 'FT') made['valueString'] = get(5);
  if (flag !== undefined) {
    const system = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
    made['interpretation'] = [{ coding: [{ system, code: flag, display: known(FLAGS, flag) }] }];
  }
  if (range !== undefined) made['referenceRange'] = [{ text: range }];
  return made;
}

function known(table: Readonly<Record<string, string>>, code = ''): string {
  const found = table[code];
  if (found === undefined) throw new Error('a code without a translation');
  return found;
}

function coding(code: string | undefined, display: string | undefined, of = ''): Resource | undefined {
  if (code === undefined) return undefined;
  return { system: of.startsWith('99') ? `urn:waybill:code-system:${of}` : known(SYSTEMS, of), code, display };
}

function quantity(text = '', unit: string | undefined, of: string | undefined): Resource {
  const [, comparator, digits] = QUANTITY.exec(text) ?? [];
  return {
    value: Number(digits),
    ...(comparator === undefined ? {} : { comparator }),
    ...(unit === undefined ? {} : { unit }),
    ...(unit === undefined || of !== 'UCUM' ? {} : { system: 'http://unitsofmeasure.org', code: unit }),
  };
}

function moment(text: string | undefined, zone: string): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-]\d{4})?$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, own] = match;
  const offset = own ?? zone;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset.slice(0, 3)}:${offset.slice(3)}`;
}

function reference(type: string, value: string): Resource {
  return { identifier: { system: 'urn:waybill:source', value }, type };
}

/** What is spoilt at the target, after the delivery. */
import { change, lose } from '../../test/validation/planted.ts';
import { adt } from '../../test/validation/practice.ts';
import type { Rig } from '../../test/validation/rig.ts';
import { familyOf, mrnOf } from './people.ts';
import { messageOf, paperOf, type Plan, type Size, wordsOf } from './plan.ts';

/** What is done at the target, kind by kind; each says at once what must be found of it. */
export function spoilers(size: Size, plan: Plan): (rig: Rig) => void {
  const acts: ((rig: Rig) => void)[] = [];
  const each = (numbers: readonly number[], line: (n: number) => string, act: (rig: Rig, n: number) => void): void => {
    plan.expect(numbers, line);
    acts.push((rig) => numbers.forEach((n) => void act(rig, n)));
  };
  spoilRecords(size, plan, each);
  spoilResults(size, plan, each);
  spoilBytes(size, plan, each);
  return (rig) => acts.forEach((act) => void act(rig));
}

type Each = (numbers: readonly number[], line: (n: number) => string, act: (rig: Rig, n: number) => void) => void;

function spoilRecords(size: Size, plan: Plan, each: Each): void {
  const drug = (n: number): string => `MedicationRequest:m${n}`;
  plan.lack(plan.pick(size.medications, 0, 6));
  each(
    plan.pick(size.medications, 0, 6),
    (n) => `missing-record clinical ${drug(n)}`,
    (rig, n) => {
      lose(rig, 'MedicationRequest', drug(n));
    },
  );
  each(
    plan.pick(size.medications, 1, 6),
    (n) => `duplicate-record clinical ${drug(n)}`,
    (rig, n) => {
      const bytes = rig.target.findRecord('MedicationRequest', { key: drug(n) })?.bytes ?? new Uint8Array();
      rig.target.addRecord('MedicationRequest', drug(n), JSON.parse(Buffer.from(bytes).toString()) as object);
    },
  );
  each(
    plan.pick(size.medications, 2, 6),
    (n) => `unreadable clinical ${drug(n)}`,
    (rig, n) => {
      const records = rig.target.records.get('MedicationRequest') ?? [];
      const at = records.findIndex(({ key }) => key === drug(n));
      const record = records[at];
      if (record) records[at] = { ...record, bytes: Buffer.from('{"not json') };
    },
  );
  const sore = (n: number): string => `AllergyIntolerance:a${n}`;
  each(
    plan.pick(size.allergies, 1, 6),
    (n) => `code-translation-mismatch clinical ${sore(n)} code.coding[0].code`,
    (rig, n) => {
      change(rig, 'AllergyIntolerance', sore(n), (it) => {
        const { coding: [first = {}] = [], ...code } = it['code'] as { coding?: readonly object[] };
        return { ...it, code: { ...code, coding: [{ ...first, code: '9' }] } };
      });
    },
  );
  each(
    plan.pick(size.patients, 3, 6),
    (n) => `truncation demographics mrn:${mrnOf(n)} name[0].family`,
    (rig, n) => {
      change(rig, 'Patient', `mrn:${mrnOf(n)}`, (it) => {
        const [name = {}] = it['name'] as readonly object[];
        return { ...it, name: [{ ...name, family: familyOf(n).slice(0, 4) }] };
      });
    },
  );
}

function spoilResults({ messages: count }: Size, plan: Plan, each: Each): void {
  const seen = (n: number, which: 1 | 2): string => `obs:ORU${mrnOf(n)}:1:${which}`;
  plan.lack(plan.pick(count, 2, 6));
  each(
    plan.pick(count, 2, 6),
    (n) => `missing-record labs ${seen(n, 1)}`,
    (rig, n) => {
      lose(rig, 'Observation', seen(n, 1));
    },
  );
  each(
    plan.pick(count, 3, 6),
    (n) => `timestamp-shift labs ${seen(n, 1)} effectiveDateTime`,
    (rig, n) => {
      change(rig, 'Observation', seen(n, 1), (it) => ({ ...it, effectiveDateTime: '2026-09-01T15:15:00-04:00' }));
    },
  );
  each(
    plan.pick(count, 4, 6),
    (n) => `value-mismatch labs ${seen(n, 2)} valueQuantity.value`,
    (rig, n) => {
      change(rig, 'Observation', seen(n, 2), (it) => {
        return { ...it, valueQuantity: { ...(it['valueQuantity'] as object), value: 23.1 } };
      });
    },
  );
  each(
    plan.pick(count, 5, 6),
    (n) => `unexpected-record labs obs:ORU9${mrnOf(n)}:1:1`,
    (rig, n) => {
      rig.target.addRecord('Observation', `obs:ORU9${mrnOf(n)}:1:1`, { resourceType: 'Observation', status: 'final' });
    },
  );
}

function spoilBytes(size: Size, plan: Plan, each: Each): void {
  plan.lack(plan.pick(size.documents, 2, 6));
  each(
    plan.pick(size.documents, 2, 6),
    (n) => `missing-record documents ${paperOf(n)}`,
    (rig, n) => {
      rig.target.files.delete(paperOf(n));
    },
  );
  each(
    plan.pick(size.documents, 3, 6),
    (n) => `truncation documents ${paperOf(n)}`,
    (rig, n) => {
      rig.target.put(paperOf(n), wordsOf(n).slice(0, 20));
    },
  );
  each(
    plan.pick(size.documents, 4, 6),
    (n) => `unreadable documents ${paperOf(n)}`,
    (rig, n) => {
      rig.target.plant({ on: 'read', path: paperOf(n), effect: { kind: 'fail', code: 'ACCESS_DENIED' } });
    },
  );
  each(
    plan.pick(size.documents, 5, 6),
    (n) => `unexpected-record documents documents/planted-${n}.txt`,
    (rig, n) => {
      rig.target.put(`documents/planted-${n}.txt`, 'by somebody else');
    },
  );
  each(
    plan.pick(size.queue, 2, 4),
    (n) => `digest-mismatch queue ${messageOf(n)}`,
    (rig, n) => {
      rig.target.put(messageOf(n), adt(`ADT${mrnOf(n)}`, mrnOf(n)).replace('CLINIC', 'CLINIK'));
    },
  );
}

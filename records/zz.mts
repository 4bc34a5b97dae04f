import { readFileSync, globSync } from 'node:fs';
import { parseLineage } from './lineage/parse.ts';
import { compileLineage } from './lineage/compile.ts';
const load = (n: string) => {
  const r = parseLineage(readFileSync(`maps/${n}.lineage.yaml`, 'utf8'));
  if (!r.ok) {
    console.log(n, r.refusals);
    process.exit(1);
  }
  return compileLineage(r.value);
};
const oru = load('oru-to-fhir'),
  csv = load('csv-patient-to-fhir'),
  fhir = load('fhir-as-is');
async function* once(b: Uint8Array) {
  yield b;
}
for (const f of globSync('/work/shared/samples/hl7v2/**/*.hl7').filter((f) =>
  readFileSync(f, 'latin1').includes('ORU^R01'),
)) {
  console.log('##', f.slice(28));
  let n = 0;
  for await (const r of oru.map(f, once(readFileSync(f)))) {
    n++;
    if (r.problems.length || n < 3)
      console.log(
        r.key,
        r.type,
        r.parent,
        r.position,
        r.problems.map((p) => p.code + '@' + p.position).join(';'),
        n < 3 ? JSON.stringify(r.resource).slice(0, 1500) : '',
      );
    const d = oru.compare(r.type, r.resource, r.resource);
    if (d.length) console.log(d);
  }
}
let k = 0,
  p = 0;
for (const f of globSync('/work/shared/samples/fhir/**/*.*json'))
  for await (const r of fhir.map(f, once(readFileSync(f)))) {
    k++;
    if (r.problems.length) {
      p++;
      console.log(f, r.problems[0]);
    }
    if (k % 400 === 1) console.log(r.key, r.parent, JSON.stringify(r.resource).slice(0, 600));
    const d = fhir.compare(r.type, r.resource, r.resource);
    if (d.length) console.log(d);
  }
console.log(k, p);
for await (const r of csv.map(
  'x.csv',
  once(
    Buffer.from(
      'MRN,LAST,FIRST,MIDDLE,DOB,SEX,PHONE,STREET,CITY,STATE,ZIP\n00123,Doe,Jane,,1980,F,555,1 Main,Boston,MA,02134\n1,D,,,13/45/2000,Q,,,,,\n2,E\n',
    ),
  ),
))
  console.log(JSON.stringify(r));
for await (const r of csv.map('x.csv', once(readFileSync('/work/shared/samples/csv/synthea-27-patients/patients.csv'))))
  console.log(JSON.stringify(r));

/** HL7 v2 result messages that differ from one another, as laboratories send them. */

const TESTS = ['2345-7^Glucose^LN', '2160-0^Creatinine^LN', '2951-2^Sodium^LN', '2823-3^Potassium^LN', '718-7^Hgb^LN'];
const OBSERVATIONS = 12;

export function resultMessage(at: number): string {
  const mrn = String(1_000_000 + at);
  const day = `2026${String(1 + (at % 12)).padStart(2, '0')}${String(1 + (at % 28)).padStart(2, '0')}`;
  const header = `MSH|^~\\&|LAB|ST^1.2.3^ISO|EHR|ST|${day}101500-0500||ORU^R01^ORU_R01|C${at}|P|2.5.1`;
  const name = `Smith${at % 97}^Jo${at % 31}^Q`;
  const place = `${at % 400} Elm St^^Town^NY^${10_000 + (at % 900)}`;
  const ids = `${mrn}^^^ST&1.2.3&ISO^MR~${at}^^^SSA^SS`;
  const phone = `(555)555-${1000 + (at % 9000)}`;
  const patient = `PID|1||${ids}||${name}||19${50 + (at % 49)}0704|F|||${place}||${phone}`;
  const [drawn, told] = [`${day}093000-0500`, `${day}101400-0500`];
  const order = `OBR|1|P${at}|F${at}^LAB|24323-8^Panel^LN|||${drawn}|||||||||1234^Who^Ann^^^Dr|||||||${told}|||F`;
  const results = Array.from({ length: OBSERVATIONS }, (_, index) => {
    const value = ((at * 7 + index * 13) % 900) / 10;
    const flag = index % 5 === 0 ? 'H' : 'N';
    return `OBX|${index + 1}|NM|${TESTS[index % TESTS.length]}||${value}|mg/dL^^UCUM|70-110|${flag}|||F|||${drawn}`;
  });
  const note = 'NTE|1||drawn from the left arm \\T\\ sent on ice';
  return [header, patient, 'PV1|1|O|CLINIC^1^A', order, ...results, note, ''].join('\r');
}

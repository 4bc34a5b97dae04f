/**
 * What a map refuses says nothing of how it maps. Some of the published messages are fragments that a record cannot be
 * made of: they are measured with the one thing put in that the refusal asks for. What is put in
 * nobody has published, and it counts for nobody; that they are refused as they are is told beside the figures.
 */
export interface Mending {
  /** What is put in, by position. */
  readonly what: string;
  readonly mend: (text: string) => string;
}

const NUMBER = 'MENDED-1';
/** `%PDF-1.4`, in Base64. */
const DOCUMENT = 'JVBERi0xLjQK';

/** Fragments of a patient without a number (PID-3). */
const PATIENT_NUMBER: Mending = {
  what: 'PID-3: a number for the patient; NK1-2: a name for the next of kin',
  mend: (text) =>
    KIN_NAME(text).replace(/^PID\|.*$/m, (segment) => {
      const fields = segment.split('|');
      for (let field = fields.length; field <= 3; field++) fields.push('');
      if (fields[3] === '') fields[3] = NUMBER;
      return fields.join('|');
    }),
};

/** Next of kin who have a period and no name (NK1-2). */
const KIN_NAME = (text: string) => text.replaceAll(/^(NK1\|\d*\|)(?=\|)/gm, `$1${NUMBER}`);

/** Encapsulated data (ED) that holds none, or a remark where the data was. */
const ENCAPSULATED_DATA: Mending = {
  what: 'OBX-5.5: a document where none is; ORC-5: the status a change of status (SC) is about',
  mend: (text) =>
    text
      .replaceAll(/\^Base64\^(?:<Base64 encoded>)?\|/g, `^Base64^${DOCUMENT}|`)
      .replace(/^(ORC\|SC\|[^|\r\n]*\|[^|\r\n]*)(?=[\r\n])/m, '$1||IP'),
};

/** By the name of a source, relative to the samples. */
const MENDINGS: readonly { readonly source: RegExp; readonly mending: Mending }[] = [
  { source: /^hl7v2\/reportstream-segment-pairs\//, mending: PATIENT_NUMBER },
  { source: /MDM[-_]T02/, mending: ENCAPSULATED_DATA },
];

/** The source as it is measured, and what was put in; undefined where nothing was. */
export function mended(name: string, text: string): { readonly text: string; readonly what: string | undefined } {
  const mending = MENDINGS.find(({ source }) => source.test(name))?.mending;
  const changed = mending?.mend(text) ?? text;
  return { text: changed, what: changed === text ? undefined : mending?.what };
}

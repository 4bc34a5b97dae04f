/** What the Unity emulator holds: patients, what was saved under them, and the dictionaries of the site. */
import { SaxesParser } from 'saxes';

/** One thing that was saved, under the names in which it was sent. */
export interface UnityEntry {
  readonly id: string;
  readonly action: string;
  /** Its own for a patient. */
  readonly patientId: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What a hostile server does to what it stores. */
export type UnityHarm =
  | { readonly kind: 'truncate'; readonly name: string; readonly characters: number }
  | { readonly kind: 'replace'; readonly name: string; readonly value: string }
  | { readonly kind: 'twice' };

export type UnityRow = Readonly<Record<string, string>>;

const SECTIONS: Readonly<Record<string, string>> = {
  SaveAllergy: 'allergies',
  SaveProblemsData: 'problems',
  SaveRX: 'medications',
};
const DOCUMENTS = ['SaveNote', 'SaveUnstructuredDocument', 'SaveDocumentImage'];

export class UnityStore {
  readonly entries: UnityEntry[] = [];
  /** By dictionary, the codes of its entries. */
  readonly dictionaries = new Map<string, readonly string[]>();
  #next = 1;

  save(action: string, patientId: string, values: UnityRow, harm?: UnityHarm): string {
    const id = String(this.#next++);
    const kept = harm === undefined ? values : harmed(values, harm);
    const owner = action === 'SavePatient' ? id : patientId;
    this.entries.push({ id, action, patientId: owner, values: kept });
    if (harm?.kind === 'twice') {
      const second = String(this.#next++);
      const twin = action === 'SavePatient' ? second : patientId;
      this.entries.push({ id: second, action, patientId: twin, values: kept });
    }
    return id;
  }

  /** What was saved with this action, of one patient or of all. */
  of(action: string, patientId?: string): readonly UnityEntry[] {
    return this.entries.filter((each) => each.action === action && (patientId ?? each.patientId) === each.patientId);
  }

  patient(id: string): UnityEntry | undefined {
    return this.entries.find((each) => each.action === 'SavePatient' && each.id === id);
  }

  patientsByMrn(mrn: string): readonly UnityRow[] {
    return this.of('SavePatient')
      .filter(({ values }) => values['mrn'] === mrn)
      .map(({ id, values }) => ({ ID: id, MRN: mrn, lastname: values['LastName'] ?? '' }));
  }

  /** The rows of GetClinicalSummary, in the columns that public clients read. */
  summary(patientId: string, section: string): readonly UnityRow[] {
    const action = Object.keys(SECTIONS).find((each) => SECTIONS[each] === section);
    const found = action === undefined ? [] : this.of(action, patientId);
    return found.map((entry) => ({ section, transid: entry.id, displaydate: '', ...summaryColumns(entry) }));
  }

  encounters(patientId: string): readonly UnityRow[] {
    return this.of('SaveSimpleEncounter', patientId).map(({ id, values }) => ({
      EncounterID: id,
      EncounterType: values['Parameter1'] ?? '',
      EncounterDTTM: values['Parameter2'] ?? '',
    }));
  }

  documents(patientId: string, id: string): readonly UnityRow[] {
    const found = DOCUMENTS.flatMap((action) => this.of(action, patientId));
    return found.filter((each) => id === '' || each.id === id).map(documentColumns);
  }
}

function summaryColumns({ action, values }: UnityEntry): UnityRow {
  switch (action) {
    case 'SaveAllergy':
      return { description: values['AllergyName'] ?? '', status: 'Active', detail: values['Parameter6'] ?? '' };
    case 'SaveProblemsData':
      return {
        description: values['problem/title'] ?? '',
        code: values['problem/code'] ?? '',
        status: values['status'] ?? '',
      };
    default: {
      const sig = attribute(values['Sig'] ?? '');
      return {
        code: values['DDI'] ?? '',
        status: 'Active',
        XMLDetail: `<medication><sig value="${sig}"/></medication>`,
      };
    }
  }
}

/** The columns are this emulator's own: which ones Unity answers with is not public. */
function documentColumns({ id, action, values }: UnityEntry): UnityRow {
  const row = { documentID: id, DocumentType: values['documentType'] ?? values['Parameter2'] ?? '' };
  if (action === 'SaveNote') return { ...row, DocumentText: values['Parameter1'] ?? '' };
  if (action === 'SaveUnstructuredDocument') return { ...row, DocumentText: values['Parameter2'] ?? '' };
  return { ...row, DocumentBase64: values['data'] ?? '', FileName: values['vendorFileName'] ?? '' };
}

function harmed(values: UnityRow, harm: UnityHarm): UnityRow {
  if (harm.kind === 'twice') return values;
  const value = harm.kind === 'replace' ? harm.value : (values[harm.name] ?? '').slice(0, harm.characters);
  return { ...values, [harm.name]: value };
}

/** The fields of an XML parameter, whatever its root: `field`, `item`, or `saveproblemsdata`. */
export function fieldsIn(xml: string): UnityRow {
  const fields: Record<string, string> = {};
  const parser = new SaxesParser();
  parser.on('opentag', ({ attributes }) => {
    const of = attributes as Readonly<Record<string, string>>;
    const name = of['name'] ?? [of['fieldid'], of['attributeid']].filter(Boolean).join('/');
    if (name !== '') fields[name] = of['value'] ?? of['value1'] ?? '';
  });
  parser.write(xml).close();
  return fields;
}

function attribute(text: string): string {
  return text.replace(/[&<"\n\r\t]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/**
 * What is publicly known of the write actions of Allscripts (Veradigm, Altera TouchWorks) Unity. There is no public
 * schema: the facts are what public clients send, named with each action. Lengths, obligations and the accepted form of
 * most values are not public; what no client shows is not here.
 */

/** Where an input travels in a call of MagicJson. */
export const UNITY_PARAMETERS = [
  'Parameter1',
  'Parameter2',
  'Parameter3',
  'Parameter4',
  'Parameter5',
  'Parameter6',
  'Data',
] as const;
export type UnityParameter = (typeof UNITY_PARAMETERS)[number];

export interface UnityInput {
  readonly parameter: UnityParameter;
  /** Where the parameter is XML: the name of the field in it, as it is written. */
  readonly field?: string;
  /** Every value a client is seen to send; others are not known to be understood. */
  readonly values?: readonly string[];
  /** An entry of this dictionary (GetDictionary), or of what the action named answers: it has to be looked up. */
  readonly dictionary?: string;
  /** A list of texts, sent as lines. */
  readonly isList?: true;
  /** The name is one GetPatient answers with; that it is taken under the same name is not public. */
  readonly isAssumed?: true;
}

export interface UnityAction {
  /** The public client whose calls show it. */
  readonly source: string;
  /** The element around the fields, where a parameter is XML. */
  readonly root?: string;
  /** By the name maps use. */
  readonly inputs: Readonly<Record<string, UnityInput>>;
}

const RUBY = 'github.com/healthfinch/allscripts-unity-client';
const RUBY_DOCUMENTS = 'github.com/Avhana/allscripts_api';
const PYTHON = 'github.com/farshidce/touchworks-python';
const GO = 'github.com/grandroundtable/go-allscripts';
const PUBLIC_CODE = 'public client code, its repository not recorded';

const fieldsOf = (parameter: UnityParameter, names: Readonly<Record<string, string | Omit<UnityInput, 'parameter'>>>) =>
  Object.fromEntries(
    Object.entries(names).map(([name, field]): [string, UnityInput] => [
      name,
      typeof field === 'string' ? { parameter, field } : { parameter, ...field },
    ]),
  );

const assumed = (field: string) => ({ field, isAssumed: true }) as const;
const YES_OR_NO = ['Y', 'N'];

export const UNITY_ACTIONS: Readonly<Record<string, UnityAction>> = {
  SavePatient: {
    source: `${GO} (names of GetPatient's answer)`,
    inputs: fieldsOf('Parameter1', {
      mrn: assumed('mrn'),
      firstName: assumed('Firstname'),
      middleName: assumed('middlename'),
      lastName: assumed('LastName'),
      suffix: assumed('suffix'),
      dateOfBirth: assumed('dateofbirth'),
      gender: { ...assumed('gender'), values: ['Female', 'Male'] },
      ssn: assumed('ssn'),
      maritalStatus: assumed('MaritalStatus'),
      language: assumed('Language'),
      addressLine1: assumed('Addressline1'),
      addressLine2: assumed('AddressLine2'),
      city: assumed('City'),
      state: assumed('State'),
      zipCode: assumed('ZipCode'),
      homePhone: assumed('HomePhone'),
      workPhone: assumed('WorkPhone'),
      cellPhone: assumed('cellphone'),
      email: assumed('Email'),
    }),
  },
  SaveAllergy: {
    source: PUBLIC_CODE,
    root: 'saveallergy',
    inputs: {
      ...fieldsOf('Parameter2', {
        organizationalMrn: 'OrganizationalMRN',
        allergyName: { field: 'AllergyName', dictionary: 'the allergens of the site' },
        isMedicationAllergy: { field: 'isMedicationAllergy', values: YES_OR_NO },
        verified: { field: 'Verified', values: ['Y'] },
      }),
      comments: { parameter: 'Parameter6', isList: true },
    },
  },
  SaveProblemsData: {
    source: PUBLIC_CODE,
    root: 'saveproblemsdatarequest',
    inputs: fieldsOf('Parameter1', {
      setId: { field: 'setid', values: ['0'] },
      title: 'problem/title',
      code: 'problem/code',
      source: { field: 'problem/source', values: ['ICD10', 'AllscriptsGUID'] },
      status: { field: 'status', dictionary: 'the problem statuses of the site' },
      severity: { field: 'severity', dictionary: 'the problem severities of the site' },
      onset: 'onset',
      description: 'description',
      includeActive: { field: 'includeactive', values: YES_OR_NO },
      includePastMedical: { field: 'includepastmedical', values: YES_OR_NO },
    }),
  },
  SaveRX: {
    source: RUBY,
    root: 'saverx',
    inputs: fieldsOf('Parameter1', {
      action: { field: 'rxaction', values: ['newrx'] },
      ddi: { field: 'DDI', dictionary: 'SearchMeds' },
      sig: 'Sig',
      quantity: 'QuanPresc',
      refills: 'Refills',
      daysSupply: 'DaysSupply',
      startDate: 'startdate',
      isHistorical: { field: 'historicalflag', values: ['y'] },
      orderedBy: { field: 'orderedbyid', dictionary: 'GetProvider' },
      comments: { field: 'comments', isList: true },
    }),
  },
  SaveVitalsData: {
    source: PUBLIC_CODE,
    root: 'savevitalsdatarequest',
    inputs: fieldsOf('Parameter1', {
      vital: { field: 'fieldid', dictionary: 'GetVitals' },
      value1: 'value1',
      value2: 'value2',
      units: 'units',
    }),
  },
  // Its one parameter is XML; what stands in it no public client shows.
  SaveResult: { source: RUBY, inputs: {} },
  SaveImmunization: { source: RUBY, inputs: {} },
  SaveSimpleEncounter: {
    source: PUBLIC_CODE,
    inputs: {
      encounterType: { parameter: 'Parameter1', dictionary: 'the encounter types of the site' },
      dateTime: { parameter: 'Parameter2' },
    },
  },
  SaveNote: {
    source: PYTHON,
    inputs: {
      text: { parameter: 'Parameter1' },
      documentType: { parameter: 'Parameter2', dictionary: 'Document_Type_DE' },
      status: { parameter: 'Parameter3', values: ['Unsigned', 'Final'] },
      isWrappedInRtf: { parameter: 'Parameter4', values: YES_OR_NO },
    },
  },
  SaveUnstructuredDocument: {
    source: PYTHON,
    root: 'docParams',
    inputs: {
      ...fieldsOf('Parameter1', {
        command: { field: 'documentCommand', values: ['I'] },
        documentType: { field: 'documentType', dictionary: 'Document_Type_DE' },
        authorCode: { field: 'authorCode', dictionary: 'GetProvider' },
        encounterId: 'ahsEncounterID',
        organizationId: 'OrganizationID',
        accession: 'accessionValue',
        appGroup: { field: 'appGroup', values: ['TouchWorks'] },
      }),
      content: { parameter: 'Parameter2' },
    },
  },
  // Sent in steps; offset, bDoneUpload, documentVar and documentID are the affair of whoever sends it.
  SaveDocumentImage: {
    source: RUBY_DOCUMENTS,
    root: 'doc',
    inputs: {
      ...fieldsOf('Parameter1', {
        command: { field: 'documentCommand', values: ['i', 'u', 'e'] },
        documentType: { field: 'documentType', dictionary: 'Document_Type_DE' },
        bytes: 'bytesRead',
        fileName: 'vendorFileName',
        encounterDateTime: 'ahsEncounterDTTM',
        encounterId: 'ahsEncounterID',
        ownerCode: { field: 'ownerCode', dictionary: 'GetProvider' },
        organizationName: 'organizationName',
        patientFirstName: 'patientFirstName',
        patientLastName: 'patientLastName',
        orientation: { field: 'Orientation', values: ['1', '2', '3', '4'] },
        auditsSummary: { field: 'auditCCDASummary', values: ['N'] },
      }),
      data: { parameter: 'Data' },
    },
  },
};

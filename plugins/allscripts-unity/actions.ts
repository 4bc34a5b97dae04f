/**
 * How Unity's write actions are called and how what they wrote is read back, as far as public clients show it
 * (README.md names them). What is only assumed is marked; a column no public client reads is not here.
 */
export const PARAMETERS = [
  'Parameter1',
  'Parameter2',
  'Parameter3',
  'Parameter4',
  'Parameter5',
  'Parameter6',
  'Data',
] as const;
export type Parameter = (typeof PARAMETERS)[number];
export type Parameters = Partial<Readonly<Record<Parameter, string>>>;

/** Whose entry an input must be: a dictionary of the settings, or the codes of GetProviders. */
export type Lookup =
  | 'documentTypes'
  | 'allergens'
  | 'problemStatuses'
  | 'problemSeverities'
  | 'encounterTypes'
  | 'providers';

export interface Input {
  readonly parameter: Parameter;
  /** Its name in the XML of the parameter. */
  readonly field?: string;
  readonly lookup?: Lookup;
}

export interface ReadBack {
  readonly action: string;
  readonly parameters?: Parameters;
  /** The column that names the entry. */
  readonly id: string;
  /** The parameter that asks for one entry, where there is one. */
  readonly one?: Parameter;
  /** By input, the column it comes back in; `XMLDetail/sig` is the value of an element in a column of XML. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface Action {
  /** Where XML travels: its root, and how its fields are spelled. */
  readonly xml?: {
    readonly parameter: Parameter;
    readonly root: string;
    readonly element: 'field' | 'item' | 'problem';
  };
  readonly inputs: Readonly<Record<string, Input>>;
  readonly readBack: ReadBack;
}

const plain = (parameter: Parameter, lookup?: Lookup): Input => ({ parameter, ...(lookup && { lookup }) });

function fields(parameter: Parameter, names: Readonly<Record<string, string | readonly [string, Lookup]>>) {
  const input = (name: string | readonly [string, Lookup]): Input =>
    typeof name === 'string' ? { parameter, field: name } : { parameter, field: name[0], lookup: name[1] };
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, input(name)]));
}

/** The names GetPatient answers with; that SavePatient takes the same ones is assumed. */
const PATIENT = {
  mrn: 'mrn',
  firstName: 'Firstname',
  middleName: 'middlename',
  lastName: 'LastName',
  suffix: 'suffix',
  dateOfBirth: 'dateofbirth',
  gender: 'gender',
  ssn: 'ssn',
  maritalStatus: 'MaritalStatus',
  language: 'Language',
  addressLine1: 'Addressline1',
  addressLine2: 'AddressLine2',
  city: 'City',
  state: 'State',
  zipCode: 'ZipCode',
  homePhone: 'HomePhone',
  workPhone: 'WorkPhone',
  cellPhone: 'cellphone',
  email: 'Email',
};

const summary = (section: string, columns: ReadBack['columns']): ReadBack => ({
  action: 'GetClinicalSummary',
  // The third parameter asks for XMLDetail.
  parameters: { Parameter1: section, Parameter3: 'Y' },
  id: 'transid',
  columns,
});

/** No public client reads a column of it but the id. */
const DOCUMENTS: ReadBack = {
  action: 'GetDocuments',
  parameters: { Parameter5: 'N' },
  id: 'documentID',
  one: 'Parameter3',
  columns: {},
};

export const ACTIONS: Readonly<Record<string, Action>> = {
  SavePatient: {
    // The root is assumed; other actions take fields in this form.
    xml: { parameter: 'Parameter1', root: 'savepatient', element: 'field' },
    inputs: fields('Parameter1', PATIENT),
    readBack: { action: 'GetPatient', id: 'ID', columns: PATIENT },
  },
  SaveAllergy: {
    xml: { parameter: 'Parameter2', root: 'saveallergy', element: 'field' },
    inputs: {
      ...fields('Parameter2', {
        organizationalMrn: 'OrganizationalMRN',
        allergyName: ['AllergyName', 'allergens'],
        isMedicationAllergy: 'isMedicationAllergy',
        verified: 'Verified',
      }),
      comments: plain('Parameter6'),
    },
    readBack: summary('allergies', { allergyName: 'description' }),
  },
  SaveProblemsData: {
    xml: { parameter: 'Parameter1', root: 'saveproblemsdatarequest', element: 'problem' },
    inputs: fields('Parameter1', {
      setId: 'setid',
      title: 'problem/title',
      code: 'problem/code',
      source: 'problem/source',
      status: ['status', 'problemStatuses'],
      severity: ['severity', 'problemSeverities'],
      onset: 'onset',
      description: 'description',
      includeActive: 'includeactive',
      includePastMedical: 'includepastmedical',
    }),
    readBack: summary('problems', { title: 'description', code: 'code', status: 'status' }),
  },
  SaveRX: {
    xml: { parameter: 'Parameter1', root: 'saverx', element: 'field' },
    inputs: fields('Parameter1', {
      action: 'rxaction',
      // SearchMeds finds drugs by name, so that a code cannot be looked up beforehand.
      ddi: 'DDI',
      sig: 'Sig',
      quantity: 'QuanPresc',
      refills: 'Refills',
      daysSupply: 'DaysSupply',
      startDate: 'startdate',
      isHistorical: 'historicalflag',
      orderedBy: ['orderedbyid', 'providers'],
      comments: 'comments',
    }),
    readBack: summary('medications', { sig: 'XMLDetail/sig' }),
  },
  SaveSimpleEncounter: {
    inputs: { encounterType: plain('Parameter1', 'encounterTypes'), dateTime: plain('Parameter2') },
    readBack: { action: 'GetEncounterListForPatient', id: 'EncounterID', columns: {} },
  },
  SaveNote: {
    inputs: {
      text: plain('Parameter1'),
      documentType: plain('Parameter2', 'documentTypes'),
      status: plain('Parameter3'),
      isWrappedInRtf: plain('Parameter4'),
    },
    readBack: DOCUMENTS,
  },
  SaveUnstructuredDocument: {
    xml: { parameter: 'Parameter1', root: 'docParams', element: 'item' },
    inputs: {
      ...fields('Parameter1', {
        command: 'documentCommand',
        documentType: ['documentType', 'documentTypes'],
        authorCode: ['authorCode', 'providers'],
        encounterId: 'ahsEncounterID',
        organizationId: 'OrganizationID',
        accession: 'accessionValue',
        appGroup: 'appGroup',
      }),
      content: plain('Parameter2'),
    },
    readBack: DOCUMENTS,
  },
  SaveDocumentImage: {
    xml: { parameter: 'Parameter1', root: 'doc', element: 'item' },
    inputs: {
      ...fields('Parameter1', {
        command: 'documentCommand',
        documentType: ['documentType', 'documentTypes'],
        bytes: 'bytesRead',
        fileName: 'vendorFileName',
        encounterDateTime: 'ahsEncounterDTTM',
        encounterId: 'ahsEncounterID',
        ownerCode: ['ownerCode', 'providers'],
        organizationName: 'organizationName',
        patientFirstName: 'patientFirstName',
        patientLastName: 'patientLastName',
        orientation: 'Orientation',
        auditsSummary: 'auditCCDASummary',
      }),
      data: plain('Data'),
    },
    readBack: DOCUMENTS,
  },
};

/** What a pack says of the connectors it was moved by: each with the report about that very package, or none. */
import { describe, expect, test } from '@jest/globals';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { connectedDocument, type Connected, testedInWords } from '../../../kernel/connected.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { verifyPack } from '../../../subgraphs/audit/domain/verify.ts';
import { readerOf } from '../folder.ts';
import { buildSmallPack, STAGES, stage } from '../small-pack.ts';

const PACKAGE = 'c'.repeat(64);
const SCENARIOS = [{ result: 'passed' }, { result: 'passed' }, { result: 'skipped' }];
const REPORT: Json = { format: 1, connector: { id: 'ledger' }, package: { sha256: PACKAGE }, scenarios: SCENARIOS };
const counts = { kit: '1.1.0', conforms: true, passed: 2, failed: 0, skipped: 1 };
const bytesOf = (value: Json) => Buffer.from(canonicalJson(value));
const untested = { sha256: null, because: 'the package has none' } as const;

function reached(report: Json | undefined, lie: Partial<Connected> & { readonly named?: Json } = {}) {
  const { named = report, ...other } = lie;
  const connected: Connected = {
    role: 'target',
    connector: { id: 'ledger', version: '0.1.0', package: 'ledger', sha256: PACKAGE, isolation: 'process' },
    conformance: named === undefined ? untested : { sha256: sha256(bytesOf(named)), ...counts },
    transport: 'https',
    negotiated: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    ...other,
  };
  const documents = [bytesOf(connectedDocument(connected)), ...(report === undefined ? [] : [bytesOf(report)])];
  const { connector, conformance, negotiated, role } = connected;
  const told = { role, connector: connector.id, version: connector.version, tested: testedInWords(conformance) };
  const digests = {
    document: sha256(documents[0] ?? ''),
    report: report === undefined ? null : sha256(bytesOf(report)),
  };
  const fact = stage('validation.connected.v1', { ...told, ...digests, negotiated: negotiated && { ...negotiated } });
  return buildSmallPack({ stages: [...STAGES, fact], documents });
}

const verified = async (...of: Parameters<typeof reached>) => verifyPack(readerOf(await reached(...of)));

describe('a pack', () => {
  test('holds a report that is about what was published of the package that was tested', async () => {
    const tested = { sha256: 'd'.repeat(64), publishedSha256: PACKAGE };
    expect(await verified(reportWith({ package: tested }))).toMatchObject({ problems: [] });
  });

  test('holds the report of the connector that was used, and says what was negotiated', async () => {
    const files = await reached(REPORT);
    expect(verifyPack(readerOf(files))).toMatchObject({
      problems: [],
      connectors: [{ id: 'ledger', sha256: PACKAGE, tested: 'kit 1.1.0: 2 kept, 0 broken, 1 do not apply' }],
    });
    expect(files.get('data/connections/ledger.conformance.json')).toEqual(bytesOf(REPORT));
    expect(String(files.get('README.html'))).toContain('protocol=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384');
  });

  test('says plainly of a connector that nobody tested', async () => {
    const files = await reached(undefined);
    const words = 'no conformance report: the package has none';
    expect(verifyPack(readerOf(files))).toMatchObject({ problems: [], connectors: [{ tested: words }] });
    expect(String(files.get('README.html'))).toContain(`<td>ledger 0.1.0</td><td>${words}</td>`);
  });

  test.each([
    ['another package', reportWith({ package: { sha256: 'd'.repeat(64) } }), {}],
    ['another connector', reportWith({ connector: { id: 'sftp' } }), {}],
    ['other results', reportWith({ scenarios: [{ result: 'passed' }, { result: 'failed' }] }), {}],
    ['nothing that is there', undefined, { named: REPORT }],
    [
      'success, where it says the contrary',
      REPORT,
      { conformance: { sha256: sha256(bytesOf(REPORT)), ...counts, conforms: false } },
    ],
  ] as const)('is found out whose report is about %s', async (_, report, lie) => {
    const path = 'data/connections/target-ledger.json';
    expect((await verified(report, lie)).problems).toMatchObject([{ file: path, code: 'CONFORMANCE_WRONG' }]);
  });
});

function reportWith(change: { readonly [name: string]: Json }): Json {
  return { ...(REPORT as object), ...change };
}

/** The plan of the house as data: who may import whom, what is measured, which words are banned. */

/** `*` stands for one name; where it stands on both sides it is the same name, so no subgraph reaches into another. */
export interface Room {
  readonly room: string;
  readonly mayImport: readonly string[];
  /** npm packages and node: builtins it may import; absent means any package of the lock file. */
  readonly packages?: RegExp;
}

const SUBGRAPH_PARTS = ['domain', 'store', 'work', 'graphql'].map((part) => `subgraphs/*/${part}`);

/** The first room that fits a file wins, so specific rooms stand above general ones. */
export const PLAN: readonly Room[] = [
  { room: 'plugins/sdk', mayImport: [], packages: /^node:/ },
  { room: 'plugins/host', mayImport: ['plugins/sdk', 'kernel'] },
  { room: 'plugins/*/conformance', mayImport: ['plugins/*', 'plugins/sdk', 'plugins/peers'] },
  { room: 'plugins/hl7-file-drop', mayImport: ['plugins/sdk', 'plugins/sftp/files.ts'] },
  { room: 'plugins/*', mayImport: ['plugins/sdk'] },
  { room: 'kernel', mayImport: [], packages: /^node:/ },
  { room: 'records', mayImport: ['kernel'] },
  { room: 'runtime', mayImport: ['kernel'] },
  { room: 'subgraphs/*/domain', mayImport: ['kernel', 'records'], packages: /^node:(crypto|buffer|path|util)/ },
  { room: 'subgraphs/*/store', mayImport: ['subgraphs/*/domain', 'runtime', 'kernel'] },
  {
    room: 'subgraphs/*/work',
    mayImport: [
      'subgraphs/*/domain',
      'subgraphs/*/store',
      'subgraphs/*/checks',
      'subgraphs/*/sift',
      'records',
      'runtime',
      'kernel',
      'plugins/host',
    ],
  },
  {
    room: 'subgraphs/*/extracts',
    mayImport: [
      'subgraphs/*/sift',
      'subgraphs/*/work/rows.ts',
      'subgraphs/*/work/spool.ts',
      'records',
      'runtime',
      'kernel',
    ],
  },
  { room: 'subgraphs/*/sift', mayImport: ['subgraphs/*/work/spool.ts', 'records', 'kernel'] },
  { room: 'subgraphs/*/checks', mayImport: ['subgraphs/*/domain', 'records', 'kernel'] },
  {
    room: 'subgraphs/*/graphql',
    mayImport: ['subgraphs/*/domain', 'subgraphs/*/store', 'subgraphs/*/work', 'runtime', 'kernel'],
  },
  {
    room: 'subgraphs/*',
    mayImport: [...SUBGRAPH_PARTS, 'subgraphs/*/checks', 'runtime', 'kernel', 'records', 'plugins/host'],
  },
  { room: 'gateway', mayImport: ['kernel', 'runtime/config.ts', 'runtime/log.ts'] },
  { room: 'schema', mayImport: ['subgraphs/?/main.ts', 'records/lineage/schema.ts', 'kernel', 'runtime'] },
  { room: 'demo', mayImport: ['kernel', 'records', 'plugins/peers'] },
  {
    room: 'cli',
    mayImport: [
      'gateway',
      'subgraphs/?/main.ts',
      'subgraphs/audit/domain/verify.ts',
      'subgraphs/audit/domain/verify',
      'subgraphs/validation/extracts',
      'records/code-set',
      'records/lineage',
      'records/maps',
      'records/profile',
      'records/classify.ts',
      'records/structure.ts',
      'records/spelling.ts',
      'runtime',
      'kernel',
      'demo',
      'plugins/host',
      'plugins/sdk',
    ],
  },
];

/** Rooms outside the product: they may look at everything, and are held to sizes and words only. */
export const OPEN_ROOMS: readonly string[] = ['test', 'bench', 'proofs'];

/** Closed lists: a new file needs two users today, a domain concept or a published spec, and its reason here. */
export const CLOSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kernel: {
    'acceptance.ts': 'the roles that sign off, asked by inventory, validation and cutover',
    'actor.ts': 'who acts',
    'approval.ts': 'four-eyes, asked by transfer, inventory, validation and cutover',
    'assurance.ts': 'how far something was verified',
    'bandwidth.ts': 'caps by the hour, said by the policy of inventory and obeyed by the runtime',
    'canonical-json.ts': 'RFC 8785',
    'clock.ts': 'the one home of the clock',
    'connected.ts': 'how an endpoint was reached, said by the host and kept by the runtime',
    'digest.ts': 'FIPS 180-4, RFC 2104',
    'disposition.ts': 'the accounting identity',
    'event.ts': 'what subgraphs say to each other',
    'exception.ts': 'categories and severities, in the policy and in the queue',
    'fault.ts': 'the machine failed',
    'id.ts': 'derived and random identifiers',
    'refusal.ts': 'the rules said no',
    'signature.ts': 'RFC 8032 and signed requests',
    'tier.ts': 'risk class of a dataset',
  },
};

export const LINES_MAX = 300;
export const COLUMNS_MAX = 120;
export const FUNCTION_LINES_MAX = 50;

export const BANNED_NAMES = /(^|\/)(utils?|helpers?|common|misc|shared|manager|base)(\/|\.ts$)/;

export interface BannedText {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly except: RegExp;
}

/** Words that have one home. `except` matches the files that may hold them. */
export const BANNED_TEXT: readonly BannedText[] = [
  {
    pattern: /process\.env\b/,
    instead: 'read the environment in runtime/config.ts only',
    except: /^(runtime\/config\.ts|gateway\/telemetry\.ts|test\/|bench\/|proofs\/)/,
  },
  {
    pattern: /new Date\(\)|Date\.now\(\)/,
    instead: 'ask the Clock',
    except: /^(kernel\/clock\.ts|test\/|bench\/|proofs\/)/,
  },
  { pattern: /Math\.random\(/, instead: 'take randomness as an argument', except: /^$/ },
  {
    pattern: /\bconsole\./,
    instead: 'use the log; only the command line prints',
    except: /^(cli\/|test\/|bench\/|proofs\/)/,
  },
  { pattern: /^export default\b/, instead: 'export by name', except: /^plugins\/[^/]+\/index\.ts$/ },
  { pattern: /^\s*(export )?(const )?enum\b/, instead: 'use a const object or a union', except: /^$/ },
  { pattern: /(:|<|\bas) any\b/, instead: 'say the type, or unknown', except: /^$/ },
  { pattern: /[\w)\]]!(\.|\)|;|,|\[| as\b)/, instead: 'narrow it; no non-null assertion', except: /^$/ },
  { pattern: /\b(TO[D]O|FIX[M]E|X[X]X)\b/, instead: 'finish it or write a BUG note', except: /^$/ },
];

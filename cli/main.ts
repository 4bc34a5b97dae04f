/** The waybill command: parses, loads the one command that is called, and ends with its exit code. */
import { Command } from 'commander';
import { report, type ExitCode } from './exit.ts';

/** Loads a command, runs it and sets the exit code; whatever it throws is printed, coded. */
function ending<Given extends readonly unknown[]>(
  load: () => Promise<(...given: Given) => ExitCode | Promise<ExitCode>>,
) {
  return async (...given: Given): Promise<void> => {
    try {
      const command = await load();
      process.exitCode = await command(...given);
    } catch (error) {
      process.exitCode = report(error);
    }
  };
}

// A house is two thousand files: whoever asks for help or makes a key does not wait for them.
const demo = ending(async () => (await import('./commands/demo.ts')).demo);
const serve = ending(async () => (await import('./commands/serve.ts')).serve);
const migrate = ending(async () => (await import('./commands/migrate.ts')).migrate);
const survey = ending(async () => (await import('./commands/survey.ts')).survey);
const profile = ending(async () => (await import('./commands/profile.ts')).profile);
const reconcile = ending(async () => (await import('./commands/reconcile.ts')).reconcile);
const inventory = ending(async () => (await import('./commands/inventory.ts')).inventory);
const resume = ending(async () => (await import('./commands/migrate.ts')).resume);
const showStatus = ending(async () => (await import('./commands/show.ts')).showStatus);
const showCoverage = ending(async () => (await import('./commands/coverage.ts')).showCoverage);
const showExceptions = ending(async () => (await import('./commands/show.ts')).showExceptions);
const showCauses = ending(async () => (await import('./commands/exceptions.ts')).showCauses);
const exportExceptions = ending(async () => (await import('./commands/exceptions.ts')).exportExceptions);
const assignExceptions = ending(async () => (await import('./commands/exceptions.ts')).assignExceptions);
const commentException = ending(async () => (await import('./commands/exceptions.ts')).commentException);
const recheckExceptions = ending(async () => (await import('./commands/exceptions.ts')).recheckExceptions);
const remedyExceptions = ending(async () => (await import('./commands/exceptions-remedy.ts')).remedyExceptions);
const cancelRemedy = ending(async () => (await import('./commands/exceptions-remedy.ts')).cancelRemedy);
const waiveExceptions = ending(async () => (await import('./commands/exceptions.ts')).waiveExceptions);
const showBandwidth = ending(async () => (await import('./commands/bandwidth.ts')).showBandwidth);
const proposeBandwidth = ending(async () => (await import('./commands/bandwidth.ts')).proposeBandwidth);
const approveBandwidth = ending(async () => (await import('./commands/bandwidth.ts')).approveBandwidth);
const verify = ending(async () => (await import('./commands/verify.ts')).verify);
const createIdentity = ending(async () => (await import('./commands/identity.ts')).createIdentity);
const printToken = ending(async () => (await import('./commands/identity.ts')).printToken);
const listConnectors = ending(async () => (await import('./commands/connector.ts')).listConnectors);
const approveConnector = ending(async () => (await import('./commands/connector-approve.ts')).approveConnector);
const testConnectors = ending(async () => (await import('./commands/connector-test.ts')).testConnectors);
const checkConnectors = ending(async () => (await import('./commands/connector.ts')).checkConnectors);
const importCodeMap = ending(async () => (await import('./commands/code-map.ts')).importCodeMap);
const showCodeMap = ending(async () => (await import('./commands/code-map.ts')).showCodeMap);
const checkCodeMap = ending(async () => (await import('./commands/check-code-map.ts')).checkCodeMap);
const diffCodeMapFiles = ending(async () => (await import('./commands/code-map.ts')).diffCodeMapFiles);
const showLoss = ending(async () => (await import('./commands/lineage-loss.ts')).showLoss);
const diffMaps = ending(async () => (await import('./commands/lineage-diff.ts')).diffLineageMaps);
const exportMap = ending(async () => (await import('./commands/lineage-diff.ts')).exportLineage);
const explain = ending(async () => (await import('./commands/lineage-explain.ts')).explain);

const program = new Command('waybill')
  .description('Moves health records from one EHR to another and proves that every one arrived unharmed.')
  .showHelpAfterError()
  // What stands behind a command belongs to it, also where a command has commands of its own.
  .enablePositionalOptions();

program
  .command('demo')
  .description('a real migration on this machine, with planted faults')
  .option('--once', 'end when it is done; exit 2 because exceptions are open')
  .option('--json', 'print the summary as a last line of JSON')
  .option('--data <folder>', 'keep everything there (default: a temporary folder)')
  .option('--patients <number>', 'how large the practice is, at least 60', '200')
  .option('--seed <number>', 'another practice', '7')
  .option('--verbose', 'log to the standard error')
  .action(demo);

program
  .command('serve')
  .description('serve the whole house, or the parts named: gateway, a subgraph, worker')
  .argument('[parts...]')
  .option('--data <folder>')
  .action(serve);

const withHands = (command: Command): Command =>
  command
    .option('--data <folder>', 'where the house keeps everything (default: WAYBILL_DATA or waybill-data)')
    .option('--json', 'print a last line of JSON')
    .option('--operator <keyfile>')
    .option('--approver <keyfile>', 'somebody else than the operator')
    .option('--verbose', 'log to the standard error');

withHands(program.command('migrate').description('run a plan to its end').argument('<plan>')).action(migrate);
withHands(
  program.command('survey').description('what the source holds, hides, and how it has drifted').argument('<plan>'),
).action(survey);
withHands(
  program
    .command('profile')
    .description('every field of files or of the datasets of a plan, and what is wrong with them; shows no value'),
)
  .argument('<files...>', 'files that hold records, or one plan (.yaml)')
  .option('--format <format>', 'of files: hl7v2, fhir, ccda, delimited (default: what each looks like)')
  .action(profile);
withHands(
  program
    .command('inventory')
    .description('the register of a migration, and what still keeps it from starting')
    .argument('<plan-or-migration>'),
).action(inventory);
withHands(program.command('resume').description('go on after a stop'))
  .option('--decision <text>', 'why it is safe to go on; recorded')
  .option('--migration <name>')
  .action(resume);
withHands(program.command('status').description('where a migration is'))
  .option('--migration <name>')
  .action(showStatus);
withHands(program.command('coverage').description('what was looked into and how, what was found, and who signed'))
  .option('--migration <name>')
  .option('--html <file>', 'write it as a page that needs nothing else')
  .option('--risks', 'with --json: the lines of risks in the place of those of datasets')
  .action(showCoverage);
const bandwidth = program.command('bandwidth').description('how much a migration may move').enablePositionalOptions();
withHands(bandwidth.command('show').description('what holds, what the policy says, and every change'))
  .option('--migration <name>')
  .action(showBandwidth);
withHands(bandwidth.command('propose').description('other caps, in batches that run too; --approver approves at once'))
  .argument('<file>', 'shaped as transfer.bandwidth of a policy; the word policy for what that says')
  .requiredOption('--reason <text>', 'why; recorded, never patient data')
  .option('--migration <name>')
  .action(proposeBandwidth);
withHands(bandwidth.command('approve').description('let a proposal hold; --approver is somebody else'))
  .argument('<document>', 'the digest of the proposal that was looked at')
  .option('--migration <name>')
  .action(approveBandwidth);
const exceptions = program.command('exceptions').enablePositionalOptions();
withHands(exceptions.description('what is still open')).option('--migration <name>').action(showExceptions);
withHands(exceptions.command('causes').description('what is open by what it came of, the gravest first'))
  .option('--migration <name>')
  .action(showCauses);
withHands(exceptions.command('export').description('what is open as a document'))
  .option('--migration <name>')
  .option('--as <form>', 'csv or operation-outcome (FHIR R4)', 'csv')
  .option('--out <file>', 'where to write it (default: the standard output)')
  .option('--all', 'closed ones too')
  .action(exportExceptions);
const onOne = (verb: string, description: string): Command =>
  withHands(exceptions.command(verb).description(description)).argument('<id>', 'of an exception, or of a cause');
onOne('assign', 'name who answers for it').argument('<owner>').action(assignExceptions);
onOne('comment', 'add words to its history; never patient data').argument('<text>').action(commentException);
onOne('recheck', 'look again, and close what agrees now').action(recheckExceptions);
withHands(
  exceptions
    .command('remedy')
    .description('move its item again, once somebody else approves (--approver), and wait for it'),
)
  .argument('<id>', 'of an exception, of a cause, or of a remedy that waits for its approver')
  .option('--reason <text>', 'what was put right; never patient data')
  .option('--lineage <file>', 'where a rule was wrong: the lineage map as it was corrected')
  .action(remedyExceptions);
withHands(exceptions.command('cancel-remedy').description('take a remedy back that is not launched'))
  .argument('<id>')
  .action(cancelRemedy);
onOne('waive', 'ask for a waiver; with --approver it is approved at once')
  .requiredOption('--reason <text>', 'why the risk is accepted; never patient data')
  .requiredOption('--until <instant>', 'when it ends, RFC 3339')
  .action(waiveExceptions);

program
  .command('verify')
  .description('check an evidence pack, offline')
  .argument('<pack>')
  .option('--key <file>', 'the public key (PEM) you were given by another way')
  .option('--json')
  .action(verify);

program
  .command('reconcile')
  .description('two extracts that Waybill never moved, record by record and field by field')
  .argument('<source>', 'rows, JSON, NDJSON or Parquet; with --map whatever the map reads')
  .argument('<target>')
  .option('--key <field...>', 'what tells records apart: columns, or paths into JSON')
  .option('--target-key <field...>', 'where the target names them otherwise')
  .option('--map <map>', 'the lineage that makes of the source what the target ought to hold: a file or shipped:NAME')
  .option('--ignore <field...>', 'fields that may differ')
  .option('--report <file>', 'write every finding, a line of JSON each')
  .option('--memory <mib>', 'the limit of the join', '256')
  .option('--json')
  .action(reconcile);

const identity = program.command('identity').description('local identities');
identity
  .command('create')
  .argument('<name>')
  .requiredOption('--role <role...>', 'operator, approver, reviewer, auditor, executive, service')
  .requiredOption('--out <keyfile>')
  .option('--data <folder>', 'make it known to that house at once')
  .action(createIdentity);
identity
  .command('token')
  .description('print a bearer token for the gateway')
  .argument('<keyfile>')
  .option('--hours <number>', 'how long it is good for, at most 24', '1')
  .action(printToken);

const connector = program.command('connector').description('installed connectors');
const ofHouse = (command: Command): Command =>
  command.option('--data <folder>', 'the house whose approvals count (default: WAYBILL_DATA or waybill-data)');
ofHouse(connector.command('list').description('what is loaded, and how far it is kept apart'))
  .option('--json')
  .action(listConnectors);
ofHouse(connector.command('check').description('connect to every endpoint of a plan'))
  .argument('<plan>')
  .action(checkConnectors);
connector
  .command('test')
  .description('run the conformance kit on a package; exit 2 where a promise is broken')
  .argument('<folder...>', 'of a package, for example plugins/sftp')
  .option('--report', 'write conformance.json into the package')
  .option('--full', 'with an item of 1 GiB in bounded memory, where there is room for it')
  .option('--json')
  .action(testConnectors);
connector
  .command('approve')
  .description('sign a third-party package as it is now; it runs once two people have, an approver among them')
  .argument('<package>', 'its name, or its folder')
  .requiredOption('--as <keyfile>', 'of whoever approves')
  .option('--data <folder>', 'the house it is approved for (default: WAYBILL_DATA or waybill-data)')
  .action(approveConnector);

const codeMap = program.command('code-map').description('code maps as documents');
codeMap
  .command('import')
  .description('make a code map of the table it is published in')
  .argument('<file>')
  .requiredOption('--as <form>', 'gems, cvx, v2-to-fhir, csv, concept-map')
  .requiredOption('--out <file>', 'where to write it, for example icd9.codemap.json')
  .option('--name <name>', 'what it is called (default: from --out)')
  .option('--version <text>', 'which edition of the table it is')
  .option('--from <uri>', 'the code system of the source codes')
  .option('--to <uri>', 'the code system of the target codes')
  .option('--columns <list>', 'csv: COLUMN=HEADING,...; columns are code, target, display, equivalence, ...')
  .option('--equivalence <word>', 'csv: of rows that do not say it (default: relatedto)')
  .action(importCodeMap);
codeMap
  .command('show')
  .argument('<file>')
  .option('--code <code...>', 'what it says of these')
  .option('--concept-map', 'as a FHIR ConceptMap')
  .action(showCodeMap);
codeMap
  .command('check')
  .description('hold it against its published table, the codes it leads to, and the codes there are; exit 2: found')
  .argument('<file>')
  .option('--published <file>', 'the table it was made of')
  .option('--as <form>', 'the form of that table (default: the one it was read as)')
  .option('--columns <list>', 'csv: as for import')
  .option('--equivalence <word>', 'csv: as for import')
  .option('--target-codes <file>', 'a code map whose source codes are all the codes of the target')
  .option('--population <file>', 'a delimited extract with source codes')
  .option('--column <name>', 'the column of that extract')
  .option('--json')
  .action(checkCodeMap);
codeMap.command('diff').description('what changed').argument('<before>').argument('<after>').action(diffCodeMapFiles);

const lineage = program.command('lineage').description('lineage maps: what they lose, and what became of an item');
lineage
  .command('loss')
  .description('what a map would lose of these files; exit 2 where something is lost')
  .argument('<files...>')
  .requiredOption('--map <map>', 'a file, or shipped:NAME')
  .option('--code-map <file...>', 'the code maps it names')
  .option('--json')
  .action(showLoss);
withHands(lineage.command('explain').description('every source field of an item, its rule, target and digests'))
  .argument('<item>', 'the id of an item, or with --map a file')
  .option('--map <map>', 'a file, or shipped:NAME')
  .option('--code-map <file...>', 'the code maps it names')
  .option('--key <key>', 'only this record')
  .action(explain);
lineage
  .command('diff')
  .description('what changed from one map to another, in words')
  .argument('<before>', 'a file, or shipped:NAME')
  .argument('<after>', 'a file, or shipped:NAME')
  .option('--code-map <file...>', 'the code maps they name')
  .option('--json')
  .action(diffMaps);
withHands(lineage.command('export').description('the sealed map of a dataset, with its digest and who approved it'))
  .argument('<dataset>', 'the name of a dataset')
  .option('--migration <name>')
  .option('--digest <sha256>', 'an earlier version')
  .action(exportMap);

await program.parseAsync();

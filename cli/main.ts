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
const resume = ending(async () => (await import('./commands/migrate.ts')).resume);
const showStatus = ending(async () => (await import('./commands/show.ts')).showStatus);
const showExceptions = ending(async () => (await import('./commands/show.ts')).showExceptions);
const verify = ending(async () => (await import('./commands/verify.ts')).verify);
const createIdentity = ending(async () => (await import('./commands/identity.ts')).createIdentity);
const printToken = ending(async () => (await import('./commands/identity.ts')).printToken);
const listConnectors = ending(async () => (await import('./commands/connector.ts')).listConnectors);
const checkConnectors = ending(async () => (await import('./commands/connector.ts')).checkConnectors);

const program = new Command('waybill')
  .description('Moves health records from one EHR to another and proves that every one arrived unharmed.')
  .showHelpAfterError();

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
withHands(program.command('resume').description('go on after a stop'))
  .option('--decision <text>', 'why it is safe to go on; recorded')
  .option('--migration <name>')
  .action(resume);
withHands(program.command('status').description('where a migration is'))
  .option('--migration <name>')
  .action(showStatus);
withHands(program.command('exceptions').description('what is still open'))
  .option('--migration <name>')
  .action(showExceptions);

program
  .command('verify')
  .description('check an evidence pack, offline')
  .argument('<pack>')
  .option('--key <file>', 'the public key (PEM) you were given by another way')
  .option('--json')
  .action(verify);

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
connector.command('list').option('--json').action(listConnectors);
connector
  .command('check')
  .description('connect to every endpoint of a plan')
  .argument('<plan>')
  .action(checkConnectors);

await program.parseAsync();

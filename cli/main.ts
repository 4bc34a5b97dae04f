/** The waybill command: parses, calls one command, and ends with its exit code. */
import { Command } from 'commander';
import { checkConnectors, listConnectors } from './commands/connector.ts';
import { demo } from './commands/demo.ts';
import { createIdentity, printToken } from './commands/identity.ts';
import { migrate, resume } from './commands/migrate.ts';
import { serve } from './commands/serve.ts';
import { showExceptions, showStatus } from './commands/show.ts';
import { verify } from './commands/verify.ts';
import { report, type ExitCode } from './exit.ts';

/** Runs a command and sets the exit code; whatever it throws is printed, coded. */
function ending<Given extends readonly unknown[]>(command: (...given: Given) => ExitCode | Promise<ExitCode>) {
  return async (...given: Given): Promise<void> => {
    try {
      process.exitCode = await command(...given);
    } catch (error) {
      process.exitCode = report(error);
    }
  };
}

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
  .action(ending(demo));

program
  .command('serve')
  .description('serve the whole house, or the parts named: gateway, a subgraph, worker')
  .argument('[parts...]')
  .option('--data <folder>')
  .action(ending(serve));

const withHands = (command: Command): Command =>
  command
    .option('--data <folder>', 'where the house keeps everything (default: WAYBILL_DATA or waybill-data)')
    .option('--json', 'print a last line of JSON')
    .option('--operator <keyfile>')
    .option('--approver <keyfile>', 'somebody else than the operator')
    .option('--verbose', 'log to the standard error');

withHands(program.command('migrate').description('run a plan to its end').argument('<plan>')).action(ending(migrate));
withHands(program.command('resume').description('go on after a stop'))
  .option('--decision <text>', 'why it is safe to go on; recorded')
  .option('--migration <name>')
  .action(ending(resume));
withHands(program.command('status').description('where a migration is'))
  .option('--migration <name>')
  .action(ending(showStatus));
withHands(program.command('exceptions').description('what is still open'))
  .option('--migration <name>')
  .action(ending(showExceptions));

program
  .command('verify')
  .description('check an evidence pack, offline')
  .argument('<pack>')
  .option('--key <file>', 'the public key (PEM) you were given by another way')
  .option('--json')
  .action(ending(verify));

const identity = program.command('identity').description('local identities');
identity
  .command('create')
  .argument('<name>')
  .requiredOption('--role <role...>', 'operator, approver, reviewer, auditor, executive, service')
  .requiredOption('--out <keyfile>')
  .option('--data <folder>', 'make it known to that house at once')
  .action(ending(createIdentity));
identity
  .command('token')
  .description('print a bearer token for the gateway')
  .argument('<keyfile>')
  .option('--hours <number>', 'how long it is good for, at most 24', '1')
  .action(ending(printToken));

const connector = program.command('connector').description('installed connectors');
connector.command('list').option('--json').action(ending(listConnectors));
connector
  .command('check')
  .description('connect to every endpoint of a plan')
  .argument('<plan>')
  .action(ending(checkConnectors));

await program.parseAsync();

/** Tries every way out without a host, and prints what came of it. */
import { attemptAll } from './escapes.js';

process.on('uncaughtException', () => {});
const outcomes = await attemptAll(JSON.parse(process.argv[2]), { secret: (name) => name });
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));

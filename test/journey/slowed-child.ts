/** A process that lowers the caps, launches, sees the batch held, says so, and goes on until it is killed. */
import { SlowedHouse } from './slowed-house.ts';

const [directory = '', url = '', caps = '{}'] = process.argv.slice(2);
const house = await SlowedHouse.open({ directory, url: url === '' ? undefined : url });
await house.change(JSON.parse(caps) as object);
await house.launch();
process.stdout.write(`held ${await house.held(0)}\n`);

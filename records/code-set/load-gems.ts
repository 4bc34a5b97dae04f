/** CMS General Equivalence Mappings (GEMs, 2018 technical note): source, target, and five flags on each line. */
import { LineReader } from '../lines.ts';
import type { CodeMapBuilder } from './builder.ts';
import type { CodeTarget, MappedTarget } from './document.ts';
import { withPoint } from './system.ts';

const LINE_BYTES_MAX = 200;
const LINE = /^(\S{2,7})\s+(\S{2,7})\s+([01])([01])([01])(\d)(\d)\s*$/;

/** Codes get the point their systems write; the scenario and choice of combinations are kept. */
export async function loadGems(bytes: AsyncIterable<Uint8Array>, builder: CodeMapBuilder): Promise<void> {
  const { from, to } = builder;
  const lines = new LineReader(bytes, LINE_BYTES_MAX);
  for (let line = await lines.next(); line !== undefined && !builder.isFull; line = await lines.next()) {
    const text = line.bytes.toString('latin1');
    if (text.trim() === '') continue;
    const where = `line ${line.number}`;
    const match = LINE.exec(text);
    if (match === null) {
      builder.refuse(where, 'is no line of a GEM', 'a GEM line is: source, target, and five digits of flags');
      continue;
    }
    const [, source = '', target = '', ...flags] = match;
    const made = targetOf(withPoint(to?.system ?? '', target), flags);
    if (made === undefined) {
      builder.refuse(where, 'has flags that contradict each other', 'a combination has a scenario and a choice list');
    } else builder.add(where, withPoint(from?.system ?? '', source), { targets: [made] });
  }
}

/** The approximate flag does not say in which direction; a part of a combination alone says less than the source. */
function targetOf(code: string, flags: readonly string[]): CodeTarget | undefined {
  const [approximate, noMap, combination, scenario = '0', choice = '0'] = flags;
  if (noMap === '1') return { equivalence: 'unmatched' };
  const isApproximate = approximate === '1';
  if (combination === '0') {
    if (scenario !== '0' || choice !== '0') return undefined;
    return { code, equivalence: isApproximate ? 'relatedto' : 'equivalent' };
  }
  if (scenario === '0' || choice === '0') return undefined;
  const equivalence: MappedTarget['equivalence'] = isApproximate ? 'relatedto' : 'wider';
  return { code, equivalence, scenario: Number(scenario), choice: Number(choice) };
}

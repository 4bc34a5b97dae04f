/** The CDC's list of vaccines administered (CVX): a code system rather than a map, so every code stands for itself. */
import { LineReader } from '../lines.ts';
import type { CodeMapBuilder } from './builder.ts';
import { codeSystem, CVX } from './system.ts';

const LINE_BYTES_MAX = 16 * 1024;
const COLUMNS_MIN = 5;

/** Code, short name, full name, notes, status, non-vaccine, last update; the newest update is the version. */
export async function loadCvx(bytes: AsyncIterable<Uint8Array>, builder: CodeMapBuilder): Promise<void> {
  builder.from ??= codeSystem(CVX);
  builder.to ??= codeSystem(CVX);
  const lines = new LineReader(bytes, LINE_BYTES_MAX);
  let newest = '';
  for (let line = await lines.next(); line !== undefined && !builder.isFull; line = await lines.next()) {
    const cells = line.bytes
      .toString('utf8')
      .split('|')
      .map((cell) => cell.trim());
    if (cells.join('') === '') continue;
    const where = `line ${line.number}`;
    const [code = '', short = '', full = '', notes = '', status = '', _isNoVaccine, updated = ''] = cells;
    if (line.cut || cells.length < COLUMNS_MIN || !/^\d{1,4}$/.test(code)) {
      builder.refuse(where, 'is no line of the CVX list', 'take cvx.txt, whose lines are: code|short name|full name|…');
      continue;
    }
    const date = updated.replaceAll('/', '-');
    if (date > newest) newest = date;
    const display = short === '' ? {} : { display: short };
    builder.add(where, code, {
      ...display,
      ...(full === '' ? {} : { definition: full }),
      ...(status === '' ? {} : { status: status.toLowerCase() }),
      ...(notes === '' ? {} : { comment: notes }),
      targets: [{ code, ...display, equivalence: 'equal' }],
    });
  }
  if (newest !== '') builder.version ??= newest;
}

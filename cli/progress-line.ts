/** One line that says how far a migration is: redrawn on a terminal, printed when it changes elsewhere. */
import { bytesText } from './table.ts';

export interface ProgressState {
  readonly phase: string;
  readonly items: number;
  readonly itemsDone: number;
  readonly bytesDone: number;
  readonly exceptions: number;
  readonly elapsedSeconds: number;
}

const BAR_CHARS = 24;
const PRINT_EVERY_SECONDS = 2;

export interface ProgressLine {
  show(state: ProgressState): void;
  end(): void;
}

/** Writes to the standard error, so that the standard output stays for results. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  let last = '';
  let lastPhase = '';
  let lastPrinted = Number.NEGATIVE_INFINITY;
  return {
    show(state) {
      const text = lineOf(state);
      if (text === last) return;
      last = text;
      if (stream.isTTY) {
        stream.write(`\r\u001b[2K${text}`);
      } else if (state.phase !== lastPhase || state.elapsedSeconds - lastPrinted >= PRINT_EVERY_SECONDS) {
        lastPhase = state.phase;
        lastPrinted = state.elapsedSeconds;
        stream.write(`${text}\n`);
      }
    },
    end() {
      if (stream.isTTY && last !== '') stream.write('\n');
    },
  };
}

function lineOf({ phase, items, itemsDone, bytesDone, exceptions, elapsedSeconds }: ProgressState): string {
  const share = items === 0 ? 0 : Math.min(1, itemsDone / items);
  const filled = Math.round(share * BAR_CHARS);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_CHARS - filled)}`;
  const rate = elapsedSeconds > 0 ? itemsDone / elapsedSeconds : 0;
  const left = rate > 0 && itemsDone < items ? `, about ${Math.ceil((items - itemsDone) / rate)} s left` : '';
  const counts = `${itemsDone}/${items} items, ${bytesText(bytesDone)}, ${exceptions} exceptions`;
  return `${phase.padEnd(12)} [${bar}] ${counts}, ${elapsedSeconds.toFixed(0)} s${left}`;
}

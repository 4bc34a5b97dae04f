/** One line that says how far a migration is: redrawn on a terminal, printed when it changes elsewhere. */
import { bytesText } from './table.ts';

export interface ProgressState {
  readonly phase: string;
  /** 0 while nobody knows how many there are. */
  readonly items: number;
  readonly itemsDone: number;
  /** Absent in a phase that moves nothing. */
  readonly bytesDone?: number;
  readonly exceptions?: number;
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
  let begun: ProgressState | undefined;
  return {
    show(state) {
      if (begun?.phase !== state.phase) begun = state;
      const text = lineOf(state, begun);
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

/** What is left is told by how fast it went since the phase was `begun`: what was done before took no time of it. */
function lineOf(state: ProgressState, begun: ProgressState): string {
  const { phase, items, itemsDone, bytesDone, exceptions, elapsedSeconds } = state;
  const share = items === 0 ? 0 : Math.min(1, itemsDone / items);
  const filled = Math.round(share * BAR_CHARS);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_CHARS - filled)}`;
  const [doneSince, secondsSince] = [itemsDone - begun.itemsDone, elapsedSeconds - begun.elapsedSeconds];
  const rate = secondsSince > 0 ? doneSince / secondsSince : 0;
  const left = rate > 0 && itemsDone < items ? `, about ${Math.ceil((items - itemsDone) / rate)} s left` : '';
  const counts = [
    `${items === 0 ? itemsDone : `${itemsDone}/${items}`} items`,
    ...(bytesDone === undefined ? [] : [bytesText(bytesDone)]),
    ...(exceptions === undefined ? [] : [`${exceptions} exceptions`]),
    `${elapsedSeconds.toFixed(0)} s`,
  ];
  return `${phase.padEnd(12)} [${bar}] ${counts.join(', ')}${left}`;
}

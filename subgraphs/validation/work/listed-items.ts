/**
 * Items of bytes that a target lists, held against everything that was surveyed. A mark for each tells in passing which
 * are named once on both sides: of the others it is looked whether any survey names them.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Sha256 } from '../../../kernel/digest.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { Fingerprinter } from '../sift/fingerprint.ts';
import { leftWithin, marksWithin, sift } from '../sift/marks.ts';
import type { House } from './house.ts';
import { MarkedLines } from './marked-lines.ts';
import { countOf, linesOf } from './rows.ts';
import { LISTED, type ListedLine, type Scratch } from './scratch.ts';
import { scratchTable } from './scratch-tables.ts';
import type { Spool } from './spool.ts';

/** What is asked of a line of a survey. */
export const SURVEYED = { itemId: 'VARCHAR', path: 'VARCHAR' } as const;
export interface SurveyedLine {
  readonly itemId: string;
  readonly path: string;
}

/** What is marked is a name alone. */
const SAYS_NOTHING = '';
/** For the marks of a part, of which there are 256. */
const SIFT_MEMORY_MB = 64;

export class ListedItems {
  readonly #spool: Spool;
  readonly #scratch: Scratch;
  readonly #listed: MarkedLines;
  readonly #surveyed: MarkedLines;

  private constructor(spool: Spool, scratch: Scratch, listed: MarkedLines, surveyed: MarkedLines) {
    this.#spool = spool;
    this.#scratch = scratch;
    this.#listed = listed;
    this.#surveyed = surveyed;
  }

  static async in(spool: Spool, name: string): Promise<ListedItems> {
    const prints = new Fingerprinter();
    const scratch = { file: `${name}.items.ndjson`, columns: LISTED.columns };
    const listed = await MarkedLines.in(spool, scratch, prints);
    const surveyed = await MarkedLines.in(spool, { file: `${name}.surveyed.ndjson`, columns: SURVEYED }, prints);
    return new ListedItems(spool, scratch, listed, surveyed);
  }

  async list(line: ListedLine): Promise<void> {
    await this.#listed.addNamed(line, [line.k], SAYS_NOTHING);
  }

  /** Lays out as `table` (path, g) what is listed under a name that is neither a path nor an id of the surveys. */
  async strays(db: DuckDBConnection, house: House, surveys: readonly Sha256[], table: string): Promise<void> {
    for (const survey of surveys) await this.#survey(house, survey);
    await scratchTable(db, { spool: this.#spool }, 'unknown', await this.#unknown());
    // What is asked about is the smaller side: it is held, and the surveys pass by.
    const asked = (await countOf(db, 'select count(*) from unknown')) === 0 ? [] : surveys;
    const files = await Promise.all(asked.map((digest) => house.strongroom.locate(digest)));
    const named = (column: keyof SurveyedLine): string =>
      `select ${column} k from ${linesOf(files, SURVEYED)} where ${column} in (select k from unknown)`;
    const known = files.length === 0 ? 'unknown where false' : `(${named('path')} union ${named('itemId')})`;
    await db.run(`create table ${table} as select k path, min(g) g from unknown
      where k not in (select k from ${known}) group by k`);
    await db.run('drop table unknown');
  }

  async #survey(house: House, survey: Sha256): Promise<void> {
    for await (const { path, itemId } of readLines<SurveyedLine>(house.strongroom, survey))
      await this.#surveyed.addNames(itemId === path ? [path] : [path, itemId], SAYS_NOTHING);
  }

  async #unknown(): Promise<Scratch> {
    const left = await sift(this.#surveyed.marks, this.#listed.marks, {
      marksMax: marksWithin(SIFT_MEMORY_MB),
      leftMax: leftWithin(this.#listed.lines),
      alone: { source: 'dropped', target: 'left' },
    });
    return left === undefined ? this.#scratch : await this.#listed.copy(left.target);
  }
}

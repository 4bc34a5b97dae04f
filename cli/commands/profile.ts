/** `waybill profile FILE...|PLAN`: every field of what holds records, and what is wrong with them; no value. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { CLASSIFY_BYTES_MAX, classify } from '../../records/classify.ts';
import { FileSpill } from '../../records/profile/file-spill.ts';
import { DatasetProfiler, PROFILED_FORMATS, type ProfiledFormat } from '../../records/profile/profiler.ts';
import type { DatasetProfile } from '../../records/profile/report.ts';
import { nearestWord } from '../../records/spelling.ts';
import { formatOfRecords } from '../../records/structure.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { sizeOfFile } from '../named-file.ts';
import { ReadMeter } from '../read-meter.ts';
import type { MigrateOptions } from './migrate.ts';
import { profileText, type ShownProfile } from './profile-text.ts';

export interface ProfileOptions extends MigrateOptions {
  /** Instead of what each file looks like. */
  readonly format?: string;
}

/** A single YAML file is a plan: its datasets are surveyed and profiled through their connectors. */
export async function profile(paths: readonly string[], options: ProfileOptions): Promise<ExitCode> {
  const [plan, ...others] = paths;
  const isPlan = plan !== undefined && others.length === 0 && /\.ya?ml$/i.test(plan);
  if (!isPlan) return profileFiles(paths, options);
  // A plan needs the whole house, files need none of it.
  return (await import('./profile-plan.ts')).profilePlan(plan, options);
}

/** Files of one format are one dataset; a file is named by its place in the list. Exit 0 whatever is found. */
async function profileFiles(files: readonly string[], options: ProfileOptions): Promise<ExitCode> {
  const given = formatGiven(options.format);
  const chosen: { readonly path: string; readonly sizeBytes: number; readonly format: ProfiledFormat | undefined }[] =
    [];
  for (const path of files) {
    const sizeBytes = await sizeOfFile(path);
    chosen.push({ path, sizeBytes, format: given ?? (await formatOf(path)) });
  }
  const skipped = chosen.flatMap(({ format }, at) => (format === undefined ? [at + 1] : []));
  const folder = await mkdtemp(join(tmpdir(), 'waybill-profile-'));
  const meter = new ReadMeter('profiling', chosen.length);
  try {
    const profiles: DatasetProfile[] = [];
    for (const format of PROFILED_FORMATS) {
      const mine = chosen.flatMap((each, at) => (each.format === format ? [{ ...each, ordinal: at + 1 }] : []));
      if (mine.length === 0) continue;
      const spill = await FileSpill.open(join(folder, format));
      const profiler = new DatasetProfiler({ format, today: systemClock.now(), spill });
      for (const { path, ordinal } of mine) await profiler.add(path, meter.through(path), ordinal);
      profiles.push(await profiler.profile());
    }
    meter.end();
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ profiles, skipped })}\n` : textOf(profiles, skipped),
    );
    return EXIT.clean;
  } finally {
    meter.end();
    await rm(folder, { recursive: true, force: true });
  }
}

function textOf(profiles: readonly DatasetProfile[], skipped: readonly number[]): string {
  const parts = profiles.map((each) => profileText(shown(each)));
  if (skipped.length > 0) {
    parts.push(`${skipped.length} files hold no records that can be told apart (file ${skipped.join(', ')})`);
  }
  return `${parts.join('\n\n\n')}\n`;
}

function shown(profile: DatasetProfile): ShownProfile {
  const findings = profile.findings.map((finding) => ({
    ...finding,
    at: finding.at.map(({ item, position }) => `file ${item} ${position}`),
  }));
  const { format, overflow } = profile;
  return { ...profile, title: `${format} files`, overflowValues: overflow.values, unread: [], findings };
}

function formatGiven(name: string | undefined): ProfiledFormat | undefined {
  if (name === undefined) return undefined;
  const found = PROFILED_FORMATS.find((format) => format === name);
  if (found !== undefined) return found;
  const near = nearestWord(name, PROFILED_FORMATS);
  const remedy = `one of ${PROFILED_FORMATS.join(', ')}${near === undefined ? '' : `; perhaps ${near}`}`;
  throw new CommandRefused([
    { code: 'FORMAT_UNKNOWN', message: 'no such format is profiled', field: ['--format', name], remedy },
  ]);
}

async function formatOf(path: string): Promise<ProfiledFormat | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CLASSIFY_BYTES_MAX), 0, CLASSIFY_BYTES_MAX, 0);
    return formatOfRecords(classify(buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

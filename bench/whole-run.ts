/** Runs the built command in a process of its own and measures it from outside. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sample } from './bench.js';

/** The repository, from the sources and from what they are compiled to alike. */
export const root = rootAbove(dirname(fileURLToPath(import.meta.url)));

function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}

/** A whole run to be measured. */
export interface RunShape {
  readonly title: string;
  readonly args: readonly string[];
  /** Told, as the ratio of a whole run depends on it. */
  readonly threads: number;
  /** Of each guest, where all are alike. */
  readonly guestPages?: number;
}

/** A run of the command that ended with another code than 0. */
export class RunFailure extends Error {}

/**
 * One `sluice run ARGS`, timed from its start to its end, output and all. Its hash is that of the
 * CSV that it wrote.
 * @throws RunFailure when the command fails; the signal's reason on abort
 */
export async function measureRun(shape: RunShape, signal: AbortSignal): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const { title, threads } = shape;
    const args = ['run', ...shape.args, '--threads', String(threads), '--json', '--out', folder];
    const { stdout, stderr, usage, wallSeconds } = await runCommand(title, args, signal);
    const { migrations } = JSON.parse(stdout) as { migrations: { total: number } };
    const migrationsPerSecond = migrations.total / wallSeconds;
    const rounds = roundsOf(folder);
    return {
      bench: shape.title,
      value: migrationsPerSecond,
      unit: 'migrations/s',
      workPerSecond: migrationsPerSecond,
      native: null,
      hash: hashOfFiles(folder),
      run: {
        wallSeconds,
        cpuSeconds: usage.cpuUs / 1e6,
        peakMemoryBytes: usage.maxRssKiB * 1024,
        neededMemoryBytes: neededBytes(shape, stderr),
        migrations: migrations.total,
        rounds,
        pages: shape.guestPages === undefined ? null : rounds * shape.guestPages,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly usage: { readonly cpuUs: number; readonly maxRssKiB: number };
  readonly wallSeconds: number;
}

/** What the run said at its start that it would need. */
function neededBytes({ title }: RunShape, stderr: string): number {
  const [, figure, unit] = /^Needs about (\S+) ([MG])iB of memory/m.exec(stderr) ?? [];
  if (figure === undefined) throw new RunFailure(`${title}: said nothing of the memory it needs`);
  return Number(figure) * (unit === 'G' ? 2 ** 30 : 2 ** 20);
}

/** The sum of the column `rounds`: no cell before it in migrations.csv is ever quoted here. */
function roundsOf(folder: string): number {
  return sumOfColumn(join(folder, 'migrations.csv'), 'rounds');
}

/** Of a CSV in which no cell before the column is quoted. */
export function sumOfColumn(file: string, column: string): number {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\r\n');
  const index = header.split(',').indexOf(column);
  return lines.reduce((sum, line) => sum + Number(line.split(',')[index]), 0);
}

/** One command of `sluice` in a process of its own. @throws RunFailure when it fails */
export function runCommand(
  title: string,
  args: readonly string[],
  signal: AbortSignal,
  nodeOptions: readonly string[] = [],
): Promise<Ended> {
  const start = performance.now();
  const command = [...nodeOptions, join(root, 'bench/measured-command.mjs'), ...args];
  const child = spawn(process.execPath, command, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    signal,
  });
  // Standard output, standard error, and what it used.
  const texts = ['', '', ''];
  child.stdio.slice(1).forEach((stream, i) => {
    stream?.on('data', (data: Buffer) => {
      texts[i] += data.toString();
    });
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', (code) => {
      const wallSeconds = (performance.now() - start) / 1e3;
      const [stdout = '', stderr = '', usage = ''] = texts;
      if (code === 0) resolve({ stdout, stderr, usage: JSON.parse(usage), wallSeconds });
      else reject(new RunFailure(`${title}: ended with code ${code}: ${lastLine(stderr)}`));
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

export function hashOfFiles(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 8);
}

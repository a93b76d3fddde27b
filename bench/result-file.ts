/** bench/results.json: what a run of the benches found, and the reference of a later one. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from '../src/fleet/input-error.js';

export const SUITE_NAMES = ['kernels', 'network', 'scale', 'fleet', 'long'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** Does it still run; what takes some minutes; everything. */
export const SIZES = ['quick', 'usual', 'full'] as const;
export type BenchSize = (typeof SIZES)[number];

const positive = z.number().positive();

/** One run of the command, in a process of its own. */
const wholeRunSchema = z.object({
  /** From start to end of the process. */
  wallSeconds: positive,
  /** Of all its threads, user and system. */
  cpuSeconds: positive,
  /** The most that was resident at once. */
  peakMemoryBytes: positive,
  /** What the run said at its start that it would need; null where nothing is said. */
  neededMemoryBytes: positive.nullable(),
  migrations: z.number().nonnegative(),
  /** Of pre-copy, all migrations' together, and the pages of their guests; null where not told. */
  rounds: z.number().nonnegative().nullable(),
  pages: z.number().nonnegative().nullable(),
});

const resultSchema = z.object({
  suite: z.enum(SUITE_NAMES),
  bench: z.string(),
  /** Best or median over the repeats (bench.ts), in `unit`. */
  value: positive,
  unit: z.string(),
  /** Work in the time of one pass of the plain loop (loop.ts): more is better. */
  ratio: positive,
  /** Speed over that of the same algorithm in C, by target; null where none was measured. */
  native: z.object({ v2: positive.nullable(), v3: positive.nullable() }).nullable(),
  /** A repeat's greatest ratio less the least, over their median: what chance does to them. */
  ratioSpread: z.number().nonnegative(),
  repeats: positive,
  /** Of what was computed: a change that is only faster leaves it as it was. */
  hash: z.string(),
  /** Medians, but the greatest peak memory; null for what runs within this process. */
  run: wholeRunSchema.nullable(),
});

const fileSchema = z.object({
  format: z.literal('sluice-bench-2'),
  size: z.enum(SIZES),
  machine: z.object({ cpu: z.string(), cores: positive, node: z.string() }),
  loopSecondsPerPass: positive,
  results: z.array(resultSchema),
});

export type WholeRun = Readonly<z.infer<typeof wholeRunSchema>>;
export type BenchResult = Readonly<z.infer<typeof resultSchema>>;
export type BenchFile = Readonly<z.infer<typeof fileSchema>>;

/** @throws InputError when the file cannot be read or is none that the benches wrote. */
export function readBenchFile(file: string): BenchFile {
  const parsed = fileSchema.safeParse(parseJson(file, readText(file)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const problem = `${issue?.message ?? 'other shape'}; a results.json of "npm run bench" is needed`;
  throw new InputError(file, path, problem);
}

/** What a run of these sizes is compared with. @throws InputError as `readBenchFile`, or other sizes */
export function readReference(file: string, size: BenchFile['size']): BenchFile {
  const reference = readBenchFile(file);
  if (reference.size === size) return reference;
  const problem = `holds ${reference.size} sizes, this run has ${size} ones: they do not compare`;
  throw new InputError(file, 'size', problem);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const problem = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new InputError(file, '', problem);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(file, '', 'is not JSON; a results.json of "npm run bench" is needed');
  }
}

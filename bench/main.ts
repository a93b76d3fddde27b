/** `npm run bench`: times kernels and whole runs, writes the results, compares with earlier ones. */
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { reportError } from '../src/cli/error-report.js';
import { EXIT_CODES, exitWith } from '../src/cli/exit.js';
import { withInterrupt } from '../src/cli/interrupt.js';
import { checkOutputFolder, writeWholeFiles } from '../src/outcome/whole-files.js';
import { runBench } from './bench.js';
import { compareResults, missingBenches } from './compare.js';
import { longBenches } from './long-suite.js';
import { timeLoop } from './loop.js';
import { compileNative, type NativeKernels } from './native-kernels.js';
import { type BenchOptions, parseOptions } from './options.js';
import { kernelsBenches, networkBench } from './page-suites.js';
import { comparisonLines, resultFiles, resultLines } from './report.js';
import {
  type BenchFile,
  type BenchResult,
  type BenchSize,
  readReference,
  type SuiteName,
} from './result-file.js';
import { fleetBenches, type RunBench, scaleBenches } from './run-suites.js';
import { RunFailure, root } from './whole-run.js';

/** Runs one command line and sets the process's exit code; never rejects. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const options = await parseOptions(args);
    if (options !== null) await withInterrupt((signal) => bench(options, signal));
  } catch (error) {
    if (error instanceof RunFailure) {
      process.stderr.write(`bench: ${error.message}\n`);
      exitWith(EXIT_CODES.failed);
    } else reportError(error);
  }
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<void> {
  const folder = options.out ?? join(root, 'bench');
  await checkOutputFolder(folder);
  const { size } = options;
  const reference = options.compare === undefined ? null : readReference(options.compare, size);
  const { results, leftOut } = await runSuites(options, signal);
  const file: BenchFile = {
    format: 'sluice-bench-2',
    size,
    machine: machine(),
    loopSecondsPerPass: timeLoop(loopSeconds(options)),
    results: [...results],
  };
  await writeWholeFiles(folder, resultFiles(file), signal);
  print(resultLines(results));
  if (reference !== null) compare(options, reference, results, leftOut);
}

interface SuitesRun {
  readonly results: readonly BenchResult[];
  /** Suites of which something could not be measured here. */
  readonly leftOut: ReadonlySet<SuiteName>;
}

async function runSuites(options: BenchOptions, signal: AbortSignal): Promise<SuitesRun> {
  const results: BenchResult[] = [];
  const leftOut = new Set<SuiteName>();
  for (const one of options.suites.flatMap((suite) => benchesOf(suite, options.size))) {
    if ('left' in one) {
      leftOut.add(one.suite);
      process.stderr.write(`bench: left out: ${one.left}\n`);
      continue;
    }
    process.stderr.write(`bench: ${one.suite}: ${one.title} …\n`);
    results.push(...(await runBench(one, loopSeconds(options), signal)));
  }
  return { results, leftOut };
}

function benchesOf(suite: SuiteName, size: BenchSize): readonly RunBench[] {
  const quick = size === 'quick';
  switch (suite) {
    case 'kernels':
      return kernelsBenches(quick, nativeOrTold());
    case 'network':
      return [networkBench(quick)];
    case 'scale':
      return scaleBenches(size);
    case 'fleet':
      return fleetBenches(size);
    case 'long':
      return longBenches(size);
  }
}

function nativeOrTold(): NativeKernels | null {
  const native = compileNative();
  if (!('missing' in native)) return native;
  process.stderr.write(`bench: no comparison with C: there is no ${native.missing}\n`);
  return null;
}

function loopSeconds(options: BenchOptions): number {
  return options.size === 'quick' ? 0.02 : 0.3;
}

function machine(): BenchFile['machine'] {
  const cpu = cpus()[0]?.model ?? 'unknown';
  return { cpu, cores: availableParallelism(), node: process.version };
}

function compare(
  options: BenchOptions,
  reference: BenchFile,
  results: readonly BenchResult[],
  leftOut: ReadonlySet<SuiteName>,
): void {
  const comparisons = compareResults(results, reference.results, options.maxFall);
  const whole = options.suites.filter((suite) => !leftOut.has(suite));
  const missing = missingBenches(results, reference.results, whole);
  const fell = comparisons.filter((one) => one.fell);
  print(['', ...comparisonLines(comparisons), '']);
  for (const one of missing) print([`${one.suite}, ${one.bench}: no longer measured`]);
  const allowed = `${options.maxFall * 100} %`;
  if (fell.length + missing.length === 0) print([`No ratio fell by more than ${allowed}.`]);
  else {
    print([`${fell.length} fell by more than ${allowed}, ${missing.length} no longer measured.`]);
    exitWith(EXIT_CODES.failed);
  }
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

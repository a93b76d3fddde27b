/** `npm run soak`: random fleets with every check on; what fails is made small and kept. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../bench/whole-run.js';
import { reportError } from '../../src/cli/error-report.js';
import { EXIT_CODES, exitWith } from '../../src/cli/exit.js';
import { InputError } from '../../src/fleet/input-error.js';
import type { Kernels } from '../../src/memory/kernels.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { checkCase } from './fleet-checks.js';
import { fuzzInputs } from './input-fuzz.js';
import { checkMachines } from './machine-checks.js';
import { shrinkFile } from './shrink.js';
import { caseOfFile, caseOfSeed, type SoakCase } from './soak-case.js';
import { parseOptions, type SoakOptions } from './soak-options.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** Runs one command line and sets the process's exit code; never rejects. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const options = await parseOptions(args);
    if (options !== null) await soak(options);
  } catch (error) {
    reportError(error);
  }
}

const HANGS_AFTER_SECONDS = 300;
const TOLD_EVERY_MS = 60_000;

async function soak(options: SoakOptions): Promise<void> {
  const kernels = loadKernels();
  const startMs = performance.now();
  const watchdog = startWatchdog(HANGS_AFTER_SECONDS);
  const cases = options.file === null ? options.cases : 1;
  let done = 0;
  let toldMs = startMs;
  process.stdout.write(`soak: from seed ${options.seed}\n`);
  try {
    for (; done < cases && performance.now() - startMs < options.minutes * 60_000; done += 1) {
      const seed = (options.seed + done) % 2 ** 32;
      if (!(await trySeed(options, seed, kernels, watchdog))) return;
      if (performance.now() - toldMs < TOLD_EVERY_MS) continue;
      toldMs = performance.now();
      process.stdout.write(`soak: ${done + 1} cases, ${minutes(toldMs - startMs)}\n`);
    }
    process.stdout.write(
      `soak: ${done} cases, ${minutes(performance.now() - startMs)}, all hold\n`,
    );
  } finally {
    await watchdog.stop();
  }
}

function minutes(ms: number): string {
  return `${(ms / 60_000).toFixed(1)} min`;
}

/** True when everything held; else what failed has been told and kept. */
async function trySeed(
  options: SoakOptions,
  seed: number,
  kernels: Kernels,
  watchdog: Watchdog,
): Promise<boolean> {
  watchdog.begin(`npm run soak -- --seed ${seed} --cases 1`);
  try {
    if (options.file === null) {
      checkMachines(seed);
      await fuzzInputs(seed, root);
    }
  } catch (error) {
    tell(error, `npm run soak -- --seed ${seed} --cases 1`);
    return false;
  }
  const one =
    options.file === null ? caseOfSeed(seed) : caseOfFile(readFileSync(options.file, 'utf8'), seed);
  const problem = await problemOf(one, kernels);
  if (problem === null) return true;
  const file = join(options.out, `${kindOf(problem)}-${seed}.yaml`);
  process.stderr.write(`soak: seed ${seed}: ${problem.message}\nsoak: making it smaller …\n`);
  const untilMs = performance.now() + options.shrinkSeconds * 1000;
  const fails = async (text: string): Promise<boolean> => {
    watchdog.begin(`npm run soak -- --seed ${seed} --cases 1`);
    const other = await problemOf({ ...one, text }, kernels);
    return other !== null && isAlike(other, problem);
  };
  const smallest = await shrinkFile(one.text, fails, untilMs);
  mkdirSync(options.out, { recursive: true });
  const command = `npm run soak -- --file ${file} --seed ${seed}`;
  writeFileSync(file, `# ${command}\n# ${firstLine(problem)}\n${smallest}`);
  tell(problem, `${command}\n\nMake it a test, with the mend: move it to test/regressions/.`);
  return false;
}

function tell(problem: unknown, command: string): void {
  const text = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
  process.stderr.write(`soak: FAILED\n${text}\n\nRepeat it:\n  ${command}\n`);
  exitWith(EXIT_CODES.failed);
}

/** What is wrong with the case; null where all holds, or where it is no fleet at all. */
async function problemOf(one: SoakCase, kernels: Kernels): Promise<Error | null> {
  try {
    await checkCase(one, kernels);
    return null;
  } catch (error) {
    if (error instanceof InputError) return null;
    return error instanceof Error ? error : new Error(String(error));
  }
}

function firstLine({ message }: Error): string {
  return message.split('\n', 1)[0] ?? '';
}

/** `clock` of `clock: goes back …`: the check, or `error` for one of the model's own. */
function kindOf({ message }: Error): string {
  return /^[a-z]+(?=:)/.exec(message)?.[0] ?? 'error';
}

/** A smaller file fails alike when the same check does; an error of the model, in the same words. */
function isAlike(one: Error, other: Error): boolean {
  const words = (error: Error) => firstLine(error).replaceAll(/\d+(\.\d+)?/g, '0');
  const kind = kindOf(one);
  return kind === kindOf(other) && (kind !== 'error' || words(one) === words(other));
}

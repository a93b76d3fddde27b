/** The options that say how a fleet is simulated. */
import { availableParallelism } from 'node:os';
import type { Argv } from 'yargs';
import { type GivenOption, positiveNumber, wholeNumber } from './option-values.js';

export interface SimulationArguments {
  readonly seed?: GivenOption;
  readonly threads?: GivenOption;
  readonly fidelity: 'page' | 'chunk';
}

export type ThreadArguments = Pick<SimulationArguments, 'seed' | 'threads'>;

export function threadOptions<T>(yargs: Argv<T>): Argv<T & ThreadArguments> {
  return yargs.options({
    seed: {
      type: 'string',
      requiresArg: true,
      describe: 'Same fleet and seed, same bytes out [default: 1]',
    },
    threads: {
      type: 'string',
      requiresArg: true,
      describe: 'Threads that work; their number never changes the result [default: cores]',
    },
  }) as unknown as Argv<T & ThreadArguments>;
}

export function simulationOptions<T>(
  yargs: Argv<T>,
  usual: SimulationArguments['fidelity'] = 'page',
): Argv<T & SimulationArguments> {
  return threadOptions(yargs).options({
    fidelity: {
      choices: ['page', 'chunk'] as const,
      default: usual,
      describe: 'Each page, or counts for each chunk (faster, equal in distribution)',
    },
  }) as unknown as Argv<T & SimulationArguments>;
}

/** @throws InputError */
export function seedOf(args: ThreadArguments): number {
  return wholeNumber('--seed', args.seed, { least: 0, most: 0xffff_ffff }) ?? 1;
}

/** @throws InputError */
export function threadsOf(args: ThreadArguments): number {
  return wholeNumber('--threads', args.threads, { least: 1, most: 1024 }) ?? availableParallelism();
}

const REPLICAS_MOST = 100_000;

/** The seeds of `--replicas N`: N in a row from `--seed` on. @throws InputError */
export function seedsOf(args: ThreadArguments, given: GivenOption, usual: number): number[] {
  const first = seedOf(args);
  const count = wholeNumber('--replicas', given, { least: 1, most: REPLICAS_MOST }) ?? usual;
  return Array.from({ length: count }, (_, index) => (first + index) % 2 ** 32);
}

const DEFAULT_LINK_STEP_SECONDS = 60;

/** @throws InputError */
export function linkStepUsOf(given: GivenOption): number {
  const seconds = positiveNumber('--link-step', given, 86_400) ?? DEFAULT_LINK_STEP_SECONDS;
  return Math.max(1, Math.round(seconds * 1e6));
}

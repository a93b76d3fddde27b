/** What a run will need of memory: told at its start, and held against `--max-memory`. */
import { setFlagsFromString } from 'node:v8';
import { InputError } from '../fleet/input-error.js';
import type { Fleet } from '../fleet/model.js';
import { parseSize } from '../fleet/units.js';
import { bytesText, countText } from '../outcome/quantity-text.js';
import { type MemoryNeed, memoryNeed } from '../simulation/memory-need.js';
import { type GivenOption, singleValue } from './option-values.js';

const OPTION = '--max-memory';

export interface MaxMemory {
  /** As it was given. */
  readonly text: string;
  readonly bytes: number;
}

/** null: none was given. @throws InputError */
export function maxMemoryOf(given: GivenOption): MaxMemory | null {
  const text = singleValue(OPTION, given);
  if (text === undefined) return null;
  const size = parseSize(text);
  if (!size.ok) throw new InputError(OPTION, '', size.problem);
  if (size.value === 0) throw new InputError(OPTION, '', 'is more than 0, such as 512Mi');
  return { text, bytes: size.value };
}

/** Room that V8 takes for what is soon garbage, whatever the fleet. */
const GARBAGE_BYTES = 35 * 2 ** 20;
/** Of a worker thread: an interpreter, its kernels, its scratch. */
const WORKER_BYTES = 10 * 2 ** 20;

/** From here on memory is worth time: garbage is held down. */
const LARGE_RUN_BYTES = 500 * 2 ** 20;
/** What of a run's own memory is left then. */
const HELD_SHARE = 0.5;

/** Who has such runs has memory: what collecting takes of their time counts for more. */
const HUGE_RUN_BYTES = 2 ** 30;

/**
 * Lets the heap of a large run grow by half of what lives before its garbage is collected, and that
 * of a huge one double; V8 by itself lets it grow to more. It takes time: see docs/performance.md.
 */
export function boundGarbage({ holdsGarbage, totalBytes }: RunNeed): void {
  if (!holdsGarbage) return;
  const percent = totalBytes > HUGE_RUN_BYTES ? 90 : 45;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

export interface RunNeed extends MemoryNeed {
  /** Node, Sluice and the fleet as loaded, and room for garbage. */
  readonly programBytes: number;
  readonly workers: number;
  readonly workerBytes: number;
  readonly totalBytes: number;
  /** It is a large run: these are its needs with garbage held down. */
  readonly holdsGarbage: boolean;
}

/** @param loadedBytes what the process has with the fleet loaded */
export function runNeed(
  fleet: Fleet,
  options: { readonly rounds: boolean; readonly decisions: boolean; readonly threads: number },
  loadedBytes: number,
): RunNeed {
  const loose = memoryNeed(fleet, options);
  const programBytes = loadedBytes + GARBAGE_BYTES;
  const workers = options.threads - 1;
  const fixed = programBytes + workers * WORKER_BYTES;
  const ownBytes = loose.migrationBytes + loose.guestBytes + loose.networkBytes;
  const holdsGarbage = fixed + ownBytes > LARGE_RUN_BYTES;
  const share = holdsGarbage ? HELD_SHARE : 1;
  return {
    guestsAtOnce: loose.guestsAtOnce,
    migrationBytes: loose.migrationBytes * share,
    guestBytes: loose.guestBytes * share,
    networkBytes: loose.networkBytes * share,
    programBytes,
    workers,
    workerBytes: workers * WORKER_BYTES,
    totalBytes: fixed + ownBytes * share,
    holdsGarbage,
  };
}

/** `needs about 410 MiB of memory (…)`, the parts from the largest on. */
export function needText(need: RunNeed): string {
  const parts: [number, string][] = [
    [need.programBytes, 'program and fleet'],
    [need.workerBytes, countText(need.workers, 'more thread')],
    [need.migrationBytes, `${countText(need.guestsAtOnce, 'guest')} migrating at once`],
    [need.guestBytes, 'control plane and rows'],
    [need.networkBytes, 'links'],
  ];
  const told = parts
    .filter(([bytes]) => bytes >= need.totalBytes / 100)
    .sort(([a], [b]) => b - a)
    .map(([bytes, what]) => `${what} ${bytesText(bytes)}`);
  return `about ${bytesText(need.totalBytes)} of memory (${told.join(', ')})`;
}

/** @throws InputError when the run cannot be held within the bound */
export function checkNeed(need: RunNeed, most: MaxMemory | null): void {
  if (most === null || need.totalBytes <= most.bytes) return;
  const over = need.totalBytes - most.bytes;
  const problem = `the run needs ${needText(need)}; ${remedy(need, over, most)}`;
  throw new InputError(`${OPTION} ${most.text}`, '', problem);
}

/** The smallest change that makes it fit, as far as one does. */
function remedy(need: RunNeed, over: number, most: MaxMemory): string {
  const enough = `${Math.ceil(need.totalBytes / 2 ** 20)}Mi would do`;
  if (need.workerBytes >= over) return `${enough}, or --threads 1`;
  const perGuest = need.migrationBytes / Math.max(1, need.guestsAtOnce);
  const guests = Math.floor(need.guestsAtOnce - over / perGuest);
  if (need.guestsAtOnce > 0 && guests >= 1) {
    return `${enough}, or fewer guests at once (--set kubevirt.migrations.parallelMigrationsPerCluster=${guests})`;
  }
  return most.bytes < need.programBytes
    ? `${enough}; less is never enough for the program and the fleet`
    : `${enough}, or a drain of fewer guests`;
}

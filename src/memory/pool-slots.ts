/**
 * What the threads of a pool share: a slot for each task that is under way, with its state, the task
 * and its result as numbers, so that neither needs a message, nor an event loop's turn to be seen.
 *
 * states, 32 bits a slot            results, RESULT_NUMBERS doubles a slot
 * ┌────────────────────┬─────────┐  ┌───────┬────────┬───────┬────────┬──────┬───────┬──────┬───────┬──────┐
 * │ number of its task │ state 3 │  │ dirty │ unsent │ newly │ normal │ zero │ bytes │ runs │ host  │ busy │
 * └────────────────────┴─────────┘  └───────┴────────┴───────┴────────┴──────┴───────┴──────┴───────┴──────┘
 * A slot's task number goes up with each use: a message that names an older one is out of date.
 */
import type { RoundResult } from './round-task.js';

export const ASKED = 0;
/** The calling thread does it, or has taken the result: no other thread may begin it. */
export const CLOSED = 1;
export const BEGUN = 2;
export const DONE = 3;
/** The task threw: the thread's port says what. */
export const FAILED = 4;

const STATE_BITS = 3;
const RESULT_NUMBERS = 9;
const BUSY_MS = 8;

/** Room for a task (pool-task.ts). */
const TASK_NUMBERS = 1024;

export interface PoolSlots {
  readonly states: Int32Array;
  readonly tasks: Float64Array;
  readonly results: Float64Array;
}

export function createPoolSlots(count: number): PoolSlots {
  return {
    states: new Int32Array(new SharedArrayBuffer(count * 4)),
    tasks: new Float64Array(new SharedArrayBuffer(count * TASK_NUMBERS * 8)),
    results: new Float64Array(new SharedArrayBuffer(count * RESULT_NUMBERS * 8)),
  };
}

/** The slot's word for its task number `task` in `state`. */
export function slotWord(task: number, state: number): number {
  return (task << STATE_BITS) | state;
}

export function stateOf(word: number): number {
  return word & ((1 << STATE_BITS) - 1);
}

export function taskRoom({ tasks }: PoolSlots, slot: number): Float64Array {
  return tasks.subarray(slot * TASK_NUMBERS, (slot + 1) * TASK_NUMBERS);
}

export function writeResult(
  { results }: PoolSlots,
  slot: number,
  result: RoundResult,
  busyMs: number,
): void {
  const at = slot * RESULT_NUMBERS;
  results[at] = result.dirtyPages;
  results[at + 1] = result.unsentPages;
  results[at + 2] = result.newlyDirtyPages;
  results[at + 3] = result.sentNormalPages;
  results[at + 4] = result.sentZeroPages;
  results[at + 5] = result.sentBytes;
  results[at + 6] = result.places === null ? Number.NaN : result.places.runs;
  results[at + 7] = result.places === null ? Number.NaN : result.places.hostPages;
  results[at + BUSY_MS] = busyMs;
}

export function readResult({ results }: PoolSlots, slot: number): RoundResult {
  const number = (index: number) => results[slot * RESULT_NUMBERS + index] as number;
  const runs = number(6);
  return {
    dirtyPages: number(0),
    unsentPages: number(1),
    newlyDirtyPages: number(2),
    sentNormalPages: number(3),
    sentZeroPages: number(4),
    sentBytes: number(5),
    places: Number.isNaN(runs) ? null : { runs, hostPages: number(7) },
  };
}

/** Wall time that the thread was at it; told to who asks for a profile, and nobody else. */
export function readBusyMs({ results }: PoolSlots, slot: number): number {
  return results[slot * RESULT_NUMBERS + BUSY_MS] as number;
}

/**
 * Work on threads that may die (killed, out of memory) or hang: the pool puts another in their
 * place, and the work is done again. It is a pure function of its task, so the result is the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { InputError } from '../fleet/input-error.js';

/** Threads that one piece of work may cost; with fewer chances where memory was what was missing. */
const DEATHS_MOST = 10;
const DEATHS_WITHOUT_MEMORY_MOST = 2;

/** Why the work is not tried again after so many deaths; null: it is. */
export function reasonToGiveUp(deaths: number, cause: CauseOfDeath, error: unknown): Error | null {
  if (cause === 'memory' && deaths >= DEATHS_WITHOUT_MEMORY_MOST) return outOfMemory();
  if (deaths < DEATHS_MOST) return null;
  return new Error(`${deaths} worker threads died at the same work`, { cause: error });
}

/** Runs a task whose thread is ended when `end` is aborted; rejects with its reason once it is. */
export async function runEndable<Result>(
  pool: Piscina,
  task: unknown,
  end: AbortSignal,
  options: { readonly signal: AbortSignal; readonly transferList?: MessagePort[] },
): Promise<Result> {
  const before = pool.threads;
  try {
    return await pool.run(task, options);
  } catch (error) {
    if (!end.aborted) throw error;
    await ended(before.filter((thread) => !pool.threads.includes(thread)));
    throw end.reason;
  }
}

/** A thread that is being ended may still write to shared memory. */
async function ended(threads: readonly { readonly threadId: number }[]): Promise<void> {
  while (threads.some(({ threadId }) => threadId > 0)) await sleep(5);
}

export class ThreadHangs extends Error {
  override readonly name = 'ThreadHangs';
}

export type CauseOfDeath = 'exit' | 'hang' | 'memory';

/** null: the thread lives, and the task itself has thrown. */
export function causeOfDeath(error: unknown): CauseOfDeath | null {
  if (error instanceof ThreadHangs) return 'hang';
  if (!(error instanceof Error)) return null;
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return 'memory';
  return error.message.startsWith('worker exited with code') ? 'exit' : null;
}

function outOfMemory(): InputError {
  const problem =
    'a worker thread ran out of memory; use fewer --threads, or give Node more with NODE_OPTIONS=--max-old-space-size=MIB';
  return new InputError('sluice', '', problem);
}

/** A replica on a thread that may die or hang: another takes its place, and it is run again. */
import type { Piscina } from 'piscina';
import { causeOfDeath, reasonToGiveUp, runEndable, ThreadHangs } from '../memory/pool-repeat.js';

export interface RepeatedWork {
  readonly signal: AbortSignal;
  /** 0 until a thread begins, which then counts it up as it gets on. */
  readonly pulse: Int32Array;
  /** A thread that has begun and not got on for so long hangs. */
  readonly secondsMost: number;
}

/**
 * Runs a task on the pool until a thread has done it.
 * @throws InputError when the memory does not suffice; Error when thread after thread dies; what the
 *   task itself throws; the signal's reason on abort
 */
export async function runRepeatedly<Result>(
  pool: Piscina,
  task: unknown,
  work: RepeatedWork,
): Promise<Result> {
  for (let deaths = 1; ; deaths += 1) {
    try {
      return await runWatched<Result>(pool, task, work);
    } catch (error) {
      work.signal.throwIfAborted();
      const cause = causeOfDeath(error);
      if (cause === null) throw error;
      const reason = reasonToGiveUp(deaths, cause, error);
      if (reason !== null) throw reason;
    }
  }
}

async function runWatched<Result>(
  pool: Piscina,
  task: unknown,
  { signal, pulse, secondsMost }: RepeatedWork,
): Promise<Result> {
  const end = new AbortController();
  const abort = () => end.abort(signal.reason);
  Atomics.store(pulse, 0, 0);
  let seen = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(pulse, 0);
    if (now !== 0 && now === seen) end.abort(new ThreadHangs());
    seen = now;
  }, secondsMost * 1000);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await runEndable(pool, task, end.signal, { signal: end.signal });
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Replicas over worker threads, one whole replica a thread at a time. Which thread runs what, and
 * when it is done, decides nothing: a replica is a pure function of its task.
 */
import type { Piscina } from 'piscina';
import { runRepeatedly } from '../memory/pool-repeat.js';
import { startPool } from '../memory/pool-start.js';
import type { ReplicaJournal } from './journal.js';
import type { Replica, ReplicaTask } from './replica.js';

/** A replica that is wanted; its fleet is made only when its turn has come. */
export interface ReplicaRequest {
  /** Tells the scenario, fidelity included, from all others of the journal. */
  readonly scenario: string;
  readonly seed: number;
  readonly task: () => ReplicaTask;
}

export interface ReplicaPool {
  /**
   * Runs what the requests ask for, or takes it from the journal; `onDone` hears of each, in any
   * order. Requests are drawn as threads fall free, so that thousands never lie in memory.
   * Rejects with the signal's reason on abort, else with the first error.
   */
  readonly run: <Request extends ReplicaRequest>(
    requests: Iterable<Request>,
    onDone: (request: Request, replica: Replica) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A thread that dies is replaced and its replica begun anew; how long one takes nobody knows. */
function runReplicaOn(pool: Piscina, task: ReplicaTask, signal: AbortSignal): Promise<Replica> {
  const work = { signal, secondsMost: Number.POSITIVE_INFINITY, restore: () => {} };
  return runRepeatedly<Replica>(pool, task, work);
}

export function openReplicaPool(threads: number, journal: ReplicaJournal): ReplicaPool {
  const pool = startPool('plan/replica-worker.js', threads);
  return {
    run: async (requests, onDone, signal) => {
      const queue = requests[Symbol.iterator]();
      const worker = async (): Promise<void> => {
        for (let next = queue.next(); next.done !== true; next = queue.next()) {
          signal.throwIfAborted();
          const request = next.value;
          const key = `${request.scenario}/${request.seed}`;
          const known = journal.take(key);
          const replica = known ?? (await runReplicaOn(pool, request.task(), signal));
          if (known === undefined) journal.append(key, replica);
          onDone(request, replica);
        }
      };
      // One more than there are threads, so that none waits while a fleet is made.
      await Promise.all(Array.from({ length: threads + 1 }, worker)).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error;
      });
    },
    close: () => pool.destroy(),
  };
}

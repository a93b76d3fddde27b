/**
 * Replicas over worker threads, one whole replica a thread at a time. Which thread runs what, and
 * when it is done, decides nothing: a replica is a pure function of its task.
 */
import { startPool } from '../memory/pool-start.js';
import type { ReplicaJournal } from './journal.js';
import type { Replica, ReplicaTask } from './replica.js';
import { runRepeatedly } from './replica-repeat.js';

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

/** For tests of threads that hang. */
interface PoolOptions {
  /** Another module for the threads to run. */
  readonly workerFile?: string;
  readonly secondsMost?: number;
}

/** What a thread of the pool is given. */
export interface ReplicaWork {
  readonly task: ReplicaTask;
  /** The thread counts it up as it gets on (replica-repeat.ts). */
  readonly pulse: Int32Array;
}

/** One instant of a replica, or one round's pages, takes far less: a thread that is longer at it hangs. */
const SECONDS_MOST = 120;

export function openReplicaPool(
  threads: number,
  journal: ReplicaJournal,
  { workerFile = 'plan/replica-worker.js', secondsMost = SECONDS_MOST }: PoolOptions = {},
): ReplicaPool {
  const pool = startPool(workerFile, threads);
  /** A thread that dies or hangs is replaced, and its replica begun anew. */
  const runOn = (task: ReplicaTask, signal: AbortSignal): Promise<Replica> => {
    const pulse = new Int32Array(new SharedArrayBuffer(4));
    const work: ReplicaWork = { task, pulse };
    return runRepeatedly<Replica>(pool, work, { signal, pulse, secondsMost });
  };
  return {
    run: async (requests, onDone, signal) => {
      const queue = requests[Symbol.iterator]();
      const worker = async (): Promise<void> => {
        for (let next = queue.next(); next.done !== true; next = queue.next()) {
          signal.throwIfAborted();
          const request = next.value;
          const key = `${request.scenario}/${request.seed}`;
          const known = journal.take(key);
          const replica = known ?? (await runOn(request.task(), signal));
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

/** What a worker thread of `replica-pool.ts` runs: whole replicas, pages in place. */
import { createInPlacePageWork } from '../memory/in-place.js';
import { loadKernels } from '../memory/load-node.js';
import { type Replica, type ReplicaTask, runReplica } from './replica.js';

const pageWork = createInPlacePageWork(loadKernels());

export default function replicate(task: ReplicaTask): Promise<Replica> {
  return runReplica(task, pageWork);
}

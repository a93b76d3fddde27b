/** What a worker thread of `replica-pool.ts` runs: whole replicas, pages in place. */
import { createInPlacePageWork } from '../memory/in-place.js';
import { loadKernels } from '../memory/load-node.js';
import { type Replica, runReplica } from './replica.js';
import type { ReplicaWork } from './replica-pool.js';

const kernels = loadKernels();

export default function replicate({ task, pulse }: ReplicaWork): Promise<Replica> {
  const getsOn = (): void => {
    Atomics.add(pulse, 0, 1);
  };
  getsOn();
  const pageWork = createInPlacePageWork(kernels, (_, does) => {
    getsOn();
    return does();
  });
  return runReplica(task, pageWork, getsOn);
}

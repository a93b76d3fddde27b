// A worker of the replica pool whose first UNLUCKY_TIMES replicas hang, or take long and get on,
// as UNLUCKY_MANNER says.
import { appendFileSync, statSync } from 'node:fs';
import replicate from '../../dist/plan/replica-worker.js';

const { UNLUCKY_LOG, UNLUCKY_MANNER, UNLUCKY_TIMES } = process.env;

export default function unlucky(work) {
  appendFileSync(UNLUCKY_LOG, '.');
  if (statSync(UNLUCKY_LOG).size <= Number(UNLUCKY_TIMES)) {
    Atomics.add(work.pulse, 0, 1);
    if (UNLUCKY_MANNER === 'hang') for (;;);
    for (const endMs = Date.now() + 1500; Date.now() < endMs; ) Atomics.add(work.pulse, 0, 1);
  }
  return replicate(work);
}

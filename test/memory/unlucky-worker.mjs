// A worker of the pool that comes to grief as the environment says: at its first UNLUCKY_TIMES
// shares but for every fourth, half way through its work, in the manner of UNLUCKY_MANNER.
import { appendFileSync, statSync } from 'node:fs';
import runShare from '../../dist/memory/pool-worker.js';

const { UNLUCKY_LOG, UNLUCKY_MANNER, UNLUCKY_TIMES } = process.env;

export default function runUnlucky(tasks) {
  appendFileSync(UNLUCKY_LOG, '.');
  const calls = statSync(UNLUCKY_LOG).size;
  if (calls % 4 === 0 || calls > (Number(UNLUCKY_TIMES) * 4) / 3) return runShare(tasks);
  runShare(tasks.slice(0, Math.ceil(tasks.length / 2)));
  if (UNLUCKY_MANNER === 'hang') for (;;);
  if (UNLUCKY_MANNER === 'throw') throw new RangeError('contradiction');
  if (UNLUCKY_MANNER === 'memory') {
    for (const all = []; ; ) all.push(new Array(100_000).fill(all.length));
  }
  process.exit(1);
}

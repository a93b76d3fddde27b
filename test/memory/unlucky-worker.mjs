// A worker of the pool that comes to grief as the environment says: at its first UNLUCKY_TIMES
// tasks but for every fourth, with the work done and not told, in the manner of UNLUCKY_MANNER.
import { appendFileSync, statSync } from 'node:fs';
import { loadKernels } from '../../dist/memory/load-node.js';
import { serveWith } from '../../dist/memory/pool-worker.js';
import { stepRound } from '../../dist/memory/round.js';

const { UNLUCKY_LOG, UNLUCKY_MANNER, UNLUCKY_TIMES } = process.env;
const kernels = loadKernels();

export default function serve(seat) {
  return serveWith(seat, (task) => {
    appendFileSync(UNLUCKY_LOG, '.');
    const calls = statSync(UNLUCKY_LOG).size;
    const result = stepRound(kernels, task);
    if (calls % 4 === 0 || calls > (Number(UNLUCKY_TIMES) * 4) / 3) return result;
    if (UNLUCKY_MANNER === 'hang') for (;;);
    if (UNLUCKY_MANNER === 'throw') throw new RangeError('contradiction');
    if (UNLUCKY_MANNER === 'memory') {
      for (const all = []; ; ) all.push(new Array(100_000).fill(all.length));
    }
    process.exit(1);
  });
}

/** The suites that run within this process: page kernels, and link sharing. */
import { createHash } from 'node:crypto';
import type { Bench, Sample } from './bench.js';
import { benchKernels } from './kernels.js';
import { PAGES_PER_PASS } from './loop.js';
import { benchNetwork } from './network.js';

const PAGES_PER_GIGABYTE_OF_BITS = 8e9;

/** Masks, popcount, merge in blocks of pages a second; rounds of a 1-TiB guest. */
export function kernelsBench(quick: boolean): Bench {
  return {
    suite: 'kernels',
    title: 'kernels and rounds',
    repeats: quick ? 1 : 5,
    timing: 'best',
    sample: () =>
      benchKernels(quick).map((row) => ({
        bench: row.name,
        value: row.value,
        unit: row.unit,
        workPerSecond: kernelWorkPerSecond(row),
        hash: row.hash.toString(16).padStart(8, '0'),
        run: null,
      })),
  };
}

/** Work is a block of pages, so that the ratio says how many times plain JavaScript; or a draw or round. */
function kernelWorkPerSecond(row: ReturnType<typeof benchKernels>[number]): number {
  switch (row.unit) {
    case 'GB/s':
      return (row.value * PAGES_PER_GIGABYTE_OF_BITS) / PAGES_PER_PASS;
    case 'Gpages/s':
      return (row.value * 1e9) / PAGES_PER_PASS;
    case 'us':
      return 1e6 / row.value;
    case 'ns':
      return 1e9 / row.value;
  }
}

/** Changes of flows a second, each with its own settle. */
export function networkBench(quick: boolean): Bench {
  return {
    suite: 'network',
    title: 'link sharing',
    repeats: quick ? 1 : 7,
    timing: 'best',
    sample: () => benchNetwork(() => performance.now(), quick ? 0.005 : 0.2).map(networkSample),
  };
}

function networkSample(row: ReturnType<typeof benchNetwork>[number]): Sample {
  return {
    bench: `${row.bench.replace(/^network: /, '')}, ${row.flows} flows`,
    value: row.changesPerSecond,
    unit: 'changes/s',
    workPerSecond: row.changesPerSecond,
    hash: shortHash(`${row.totalRate} ${row.affectedFlows}`),
    run: null,
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

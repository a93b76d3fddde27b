/** The suites that run within this process: page kernels, and link sharing. */
import { createHash } from 'node:crypto';
import type { Bench, Sample } from './bench.js';
import { benchKernels, type KernelRow } from './kernels.js';
import { PAGES_PER_PASS } from './loop.js';
import { type NativeKernels, perTarget } from './native-kernels.js';
import { benchNetwork } from './network.js';
import { benchRounds, type RoundsRow } from './rounds.js';

const PAGES_PER_GIGABYTE_OF_BITS = 8e9;

/** Masks, popcount, merge in blocks of pages a second; rounds of 1-TiB guests. */
export function kernelsBenches(quick: boolean, native: NativeKernels | null): readonly Bench[] {
  const repeats = quick ? 1 : 5;
  return [
    {
      ...{ suite: 'kernels', title: 'single kernels', repeats, timing: 'best' },
      sample: () => benchKernels(quick, native).map(kernelSample),
    },
    {
      ...{ suite: 'kernels', title: 'rounds', repeats, timing: 'best' },
      sample: async () => (await benchRounds(quick)).map(roundsSample),
    },
  ];
}

function kernelSample(row: KernelRow): Sample {
  const workPerSecond = kernelWorkPerSecond(row);
  const { nativeSeconds } = row;
  return {
    bench: row.name,
    value: row.value,
    unit: row.unit,
    workPerSecond,
    native:
      nativeSeconds &&
      perTarget((target) => {
        const seconds = nativeSeconds[target];
        return seconds === null ? null : (workPerSecond * row.seconds) / seconds;
      }),
    hash: row.hash,
    run: null,
  };
}

/** Work is a block of pages, so that the ratio says how many times plain JavaScript; or a draw. */
function kernelWorkPerSecond(row: KernelRow): number {
  switch (row.unit) {
    case 'GB/s':
      return (row.value * PAGES_PER_GIGABYTE_OF_BITS) / PAGES_PER_PASS;
    case 'Gpages/s':
      return (row.value * 1e9) / PAGES_PER_PASS;
    case 'ns':
      return 1e9 / row.value;
  }
}

function roundsSample(row: RoundsRow): Sample {
  return {
    bench: row.name,
    value: row.roundsPerSecond,
    unit: 'rounds/s',
    workPerSecond: row.roundsPerSecond,
    native: null,
    hash: row.hash,
    run: null,
  };
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
    bench: `${row.bench}, ${row.flows} flows`,
    value: row.changesPerSecond,
    unit: 'changes/s',
    workPerSecond: row.changesPerSecond,
    native: null,
    hash: shortHash(`${row.totalRate} ${row.affectedFlows}`),
    run: null,
  };
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The suites of whole runs: guests of 1 TiB in number, and fleets as they are drained. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fidelity } from '../src/memory/round.js';
import type { Bench } from './bench.js';
import { LARGE, largeDump, rackNodes } from './large-dump.js';
import type { BenchSize, SuiteName } from './result-file.js';
import { measureRun, type RunShape, root } from './whole-run.js';

/** A whole run, or why it is left out here. */
export type RunBench = Bench | { readonly suite: SuiteName; readonly left: string };

interface ScalePoint {
  readonly guests: number;
  /** Per cent. */
  readonly workingSet: number;
  readonly fidelity: Fidelity;
  readonly threads: number;
  readonly isSpread: boolean;
}

const TERABYTE_PAGES = 2 ** 28;
const FIDELITIES = ['page', 'chunk'] as const;

/** fleets/terabyte.yaml: 1-TiB guests that migrate all at once. */
export function scaleBenches(size: BenchSize): readonly RunBench[] {
  return scalePoints(size).map((point) => {
    const { guests, workingSet, fidelity, threads, isSpread } = point;
    const place = isSpread ? ' spread' : '';
    const shape: RunShape = {
      title: `${guests} × 1 TiB, ${workingSet} %${place}, ${fidelity}, ${threads} threads`,
      args: [
        join(root, 'fleets/terabyte.yaml'),
        ...['--set', `parameters.guests=${guests}`, '--set', `parameters.workingSet=${workingSet}`],
        ...(isSpread ? ['--set', 'parameters.placement=spread'] : []),
        ...['--fidelity', fidelity],
      ],
      threads,
      guestPages: TERABYTE_PAGES,
    };
    return benchOf('scale', shape, size !== 'quick' && guests <= 1000 ? 3 : 1);
  });
}

function scalePoints(size: BenchSize): readonly ScalePoint[] {
  const point = (
    guests: number,
    workingSet: number,
    fidelity: Fidelity,
    threads = 2,
    isSpread = false,
  ): ScalePoint => ({ guests, workingSet, fidelity, threads, isSpread });
  switch (size) {
    case 'quick':
      return FIDELITIES.map((fidelity) => point(4, 1, fidelity));
    case 'usual':
      return [
        ...[10, 100, 1000].flatMap((guests) => FIDELITIES.map((each) => point(guests, 1, each))),
        point(100, 5, 'page', 1),
        point(100, 5, 'page', 2),
      ];
    case 'full':
      return [10, 100, 1000, 3000, 10_000].flatMap((guests) =>
        [1, 5, 20].flatMap((workingSet) => [
          ...FIDELITIES.flatMap((each) =>
            [1, 2].map((threads) => point(guests, workingSet, each, threads)),
          ),
          ...(guests === 1000 ? [point(guests, workingSet, 'page', 2, true)] : []),
        ]),
      );
  }
}

/** What `npm start` drains, a drain of 100,000 guests or of its like, and clusters' dumps. */
export function fleetBenches(size: BenchSize): readonly RunBench[] {
  const repeats = size === 'quick' ? 1 : 3;
  const threeRacks = { title: 'three-racks, page', args: [fleet('three-racks')], threads: 2 };
  return [
    benchOf('fleet', threeRacks, repeats),
    queueBench(size),
    dumpBench(size === 'quick', repeats),
    largeDumpBench(size === 'quick'),
  ];
}

function fleet(name: string): string {
  return join(root, `fleets/${name}.yaml`);
}

/** Queue-limited: 50 guests leave each node. */
function queueBench(size: BenchSize): Bench {
  const nodes = { quick: 2, usual: 40, full: 2000 }[size];
  const args = [fleet('hundred-thousand'), '--set', `parameters.nodes=${nodes}`];
  const title = `${nodes * 50} guests leave ${nodes} nodes, chunk`;
  return benchOf('fleet', { title, args: [...args, '--fidelity', 'chunk'], threads: 2 }, 1);
}

function dumpBench(quick: boolean, repeats: number): RunBench {
  const folder = join(root, '../shared/data/cluster');
  if (!existsSync(folder)) return { suite: 'fleet', left: 'cluster dump: no ../shared/data here' };
  const drain = quick ? 'wrk-b1' : 'wrk-b1,wrk-b2,wrk-b3,wrk-b4,gpu-b1,sto-b1';
  const args = [
    join(folder, 'cluster.json'),
    ...['--dirty-rates', join(folder, 'prometheus-dirty-rate.json')],
    ...['--memory', join(folder, 'prometheus-memory.json')],
    ...['--network', join(folder, 'prometheus-node-network.json')],
    ...['--drain', drain],
  ];
  const title = `cluster dump, ${quick ? 'a node' : 'rack b'}, page`;
  return benchOf('fleet', { title, args, threads: 2 }, repeats);
}

/** Reading counts: 41 MB of JSON, of which one rack is drained. */
function largeDumpBench(quick: boolean): Bench {
  const dump = quick ? { nodes: 40, guests: 100 } : LARGE;
  const title = `dump of ${dump.nodes} nodes and ${dump.guests} VMIs, a rack, page`;
  return {
    ...{ suite: 'fleet', title, repeats: 1, timing: 'median' },
    sample: async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-dump-'));
      try {
        const file = join(folder, 'large.json');
        writeFileSync(file, largeDump(dump, 1));
        const args = [file, '--drain', rackNodes(0).join(',')];
        return [await measureRun({ title, args, threads: 2 }, signal)];
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function benchOf(suite: SuiteName, shape: RunShape, repeats: number): Bench {
  return {
    ...{ suite, title: shape.title, repeats, timing: 'median' },
    sample: async (signal) => [await measureRun(shape, signal)],
  };
}

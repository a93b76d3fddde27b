/** `sluice doctor`: what this machine offers, and how fast the kernels run on it. */
import { availableParallelism, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { CommandModule } from 'yargs';
import { bytesText, countText } from '../outcome/quantity-text.js';
import { EXIT_CODES, exitWith } from './exit.js';
import { denseGuest, measureRounds, sparseGuest } from './kernel-speed.js';
import { openPageWork } from './page-work.js';
import { printLines } from './terminal-text.js';

interface DoctorArguments {
  readonly json: boolean;
}

export const doctorCommand: CommandModule<object, DoctorArguments> = {
  command: 'doctor',
  describe: 'Say what this machine offers (threads, memory, SIMD) and how fast the kernels run',
  builder: (yargs) =>
    yargs
      .options({ json: { type: 'boolean', default: false, describe: 'Print it as JSON' } })
      .example([
        ['$0 doctor', 'takes about three seconds'],
        ['$0 doctor --json', 'for programs'],
      ]),
  handler: doctor,
};

interface Findings {
  readonly node: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly heapLimitBytes: number;
  readonly simd: boolean;
  readonly speeds: readonly Speed[];
}

interface Speed {
  readonly threads: number;
  /** Rounds a second of guests of 1 TiB with a working set of 1 %. */
  readonly sparseRoundsPerSecond: number;
  /** Pages a second where every page is drawn. */
  readonly densePagesPerSecond: number;
}

async function doctor({ json }: DoctorArguments): Promise<void> {
  const simd = WebAssembly.validate(SIMD_MODULE);
  const threads = availableParallelism();
  const counts = threads > 1 ? [1, threads] : [1];
  const speeds: Speed[] = [];
  if (simd) for (const count of counts) speeds.push(await speedOf(count));
  const findings: Findings = {
    node: process.version,
    threads,
    memoryBytes: memoryBytes(),
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    simd,
    speeds,
  };
  if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else printLines(findingLines(findings));
  exitWith(simd ? EXIT_CODES.done : EXIT_CODES.failed);
}

const MEASURE_MS = 600;

async function speedOf(threads: number): Promise<Speed> {
  const work = openPageWork(threads);
  try {
    const sparse = Array.from({ length: 4 * threads }, sparseGuest);
    const dense = Array.from({ length: 2 * threads }, denseGuest);
    return {
      threads,
      sparseRoundsPerSecond: (await measureRounds(work, sparse, MEASURE_MS)).roundsPerSecond,
      densePagesPerSecond: (await measureRounds(work, dense, MEASURE_MS)).pagesPerSecond,
    };
  } finally {
    await work.close();
  }
}

/** Of the machine, or of the container where that is less. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function findingLines(findings: Findings): readonly string[] {
  const { simd, threads, speeds } = findings;
  return [
    simd ? 'Ready to simulate' : 'Cannot simulate here: the kernels need WebAssembly with SIMD',
    `  Node       ${findings.node}`,
    `  threads    ${threads} (--threads; the result is the same with any number)`,
    `  memory     ${bytesText(findings.memoryBytes)}, of it ${bytesText(findings.heapLimitBytes)} for JavaScript`,
    `  SIMD       ${simd ? 'yes' : 'no: take a newer processor or Node'}`,
    ...speeds.map(speedLine),
  ];
}

function speedLine(speed: Speed): string {
  const rounds = Math.round(speed.sparseRoundsPerSecond).toLocaleString('en');
  const pages = (speed.densePagesPerSecond / 1e9).toFixed(1);
  const threads = countText(speed.threads, 'thread');
  return `  ${threads.padEnd(10)} ${rounds} rounds/s of 1-TiB guests that write to 1 %; ${pages} billion pages/s where all are written`;
}

/** `(module (func (result v128) (v128.const i64x2 0 0)))` */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 22, 1, 20, 0, 253, 12, ...new Array<number>(16).fill(0), 11],
);

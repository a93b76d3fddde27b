/** The kernels with the exports that only tests use. */
import type { KernelExports, Kernels } from '../../src/memory/kernels.js';
import { loadKernels } from '../../src/memory/load-node.js';

export interface TestExports extends KernelExports {
  testMask(n: number, x: number, keyLow: number, keyHigh: number): number;
  testPart(n: number, x: number, keyLow: number, keyHigh: number): number;
  testPoisson(mean: number, keyLow: number, keyHigh: number): number;
  testBinomial(n: number, x: number, keyLow: number, keyHigh: number): number;
  testHypergeometric(n: number, k: number, d: number, keyLow: number, keyHigh: number): number;
  testBelow(n: number, keyLow: number, keyHigh: number): number;
  bitsBefore(): number;
  mergeClearCount(dst: number, src: number, bytes: number): number;
  nextSet(at: number, bits: number, from: number): number;
  popcountBits(at: number, bits: number): number;
}

export function testKernels(): { readonly kernels: Kernels; readonly exports: TestExports } {
  const kernels = loadKernels();
  return { kernels, exports: kernels.exports as TestExports };
}

/** Halves of a test key; different for every i. */
export function keyHalves(i: number): [number, number] {
  return [Math.imul(i + 1, 0x9e3779b1) >>> 0, Math.imul(i + 7, 0x85ebca6b) >>> 0];
}

export function keyOfHalves(halves: readonly [number, number]): bigint {
  return (BigInt(halves[1]) << 32n) | BigInt(halves[0]);
}

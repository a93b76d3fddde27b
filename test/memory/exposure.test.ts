import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Phase } from '../../src/fleet/workload.js';
import { createExposure, exposureAt } from '../../src/memory/exposure.js';
import { regionOf } from './regions.js';

const phase: fc.Arbitrary<Phase> = fc.oneof(
  fc
    .tuple(fc.nat(300), fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, 0.5, 3))
    .map(([fromUs, length, factor]) => ({
      kind: 'once' as const,
      fromUs,
      toUs: fromUs + length,
      factor,
    })),
  fc
    .tuple(fc.integer({ min: 1, max: 120 }), fc.nat(200), fc.nat(130), fc.constantFrom(0, 0.5, 3))
    .map(([periodUs, startUs, lengthUs, factor]) => ({
      kind: 'periodic' as const,
      periodUs,
      startUs,
      lengthUs,
      factor,
    })),
);

function factorOf(each: Phase, t: number): number {
  if (each.kind === 'once') return t >= each.fromUs && t < each.toUs ? each.factor : 1;
  const since = t - each.startUs;
  return since >= 0 && since % each.periodUs < each.lengthUs ? each.factor : 1;
}

describe('exposure', () => {
  it('is the sum over every microsecond of the product of phases and timeline', () => {
    fc.assert(
      fc.property(
        fc.array(phase, { maxLength: 4 }),
        fc.nat(200),
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.nat(500), { maxLength: 4 }),
        fc.boolean(),
        (phases, fromUs, length, steps, byCpu) => {
          const starts = [...new Set(steps)].sort((a, b) => a - b);
          const cpuFactor = starts.map((_, i) => [0.8, 0, 0.1, 2][i] as number);
          const clockFactor = starts.map((_, i) => [1, 0, 1, 1][i] as number);
          const region = regionOf(1, { phases, pacedBy: byCpu ? 'cpu' : 'clock' });
          const toUs = fromUs + length;
          const exposure = createExposure(
            region,
            { fromUs: starts, cpuFactor, clockFactor },
            fromUs,
            toUs,
          );
          let sum = 0;
          for (let t = fromUs; t < toUs; t += 1) {
            expect(exposureAt(exposure, t)).toBeCloseTo(sum / 1e6, 12);
            const step = starts.findLastIndex((start) => start <= t);
            let factor = step < 0 ? 1 : ((byCpu ? cpuFactor : clockFactor)[step] as number);
            for (const each of phases) factor *= factorOf(each, t);
            sum += factor;
          }
          expect(exposureAt(exposure, toUs)).toBeCloseTo(sum / 1e6, 12);
        },
      ),
      { seed: 3, numRuns: 150 },
    );
  });

  it('costs nothing for a short period over a long time', () => {
    const phases: Phase[] = [
      { kind: 'periodic', periodUs: 10, startUs: 0, lengthUs: 5, factor: 0 },
      { kind: 'once', fromUs: 5e9, toUs: 6e9, factor: 2 },
    ];
    const exposure = createExposure(
      regionOf(1, { phases }),
      { fromUs: [], cpuFactor: [], clockFactor: [] },
      0,
      86_400e6,
    );
    expect(exposure.edgesUs.length).toBe(3);
    expect(exposureAt(exposure, 86_400e6)).toBeCloseTo((86_400 + 1000) / 2, 6);
  });
});

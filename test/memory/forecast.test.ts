import { describe, expect, it } from 'vitest';
import { forecastRound } from '../../src/memory/forecast.js';
import { createGuestMemory, dirtyPages } from '../../src/memory/guest-memory.js';
import { layoutGuest } from '../../src/memory/layout.js';
import { loadKernels } from '../../src/memory/load-node.js';
import { type RoundTask, stepRound } from '../../src/memory/round.js';
import { regionOf, STEADY, WIRE } from './regions.js';

const kernels = loadKernels();

function roundsOf(sweepPages: number, seed: number, check: (task: RoundTask) => void): void {
  const layout = layoutGuest({
    memoryBytes: 20_000 * 4096,
    seed: 1,
    guestKey: 1,
    chunkPages: 1024,
    regions: [
      regionOf(8000, { writes: { kind: 'zipf', pagesPerSecond: 5000, exponent: 1 } }),
      regionOf(sweepPages, { writes: { kind: 'sweep', pagesPerSecond: 700, startShare: 0 } }),
      regionOf(12_000 - sweepPages, { writes: { kind: 'random', pagesPerSecond: 900 } }),
    ],
  });
  const memory = createGuestMemory(layout, { tracking: 'chunk-clear', shared: false });
  for (let round = 1; round <= 5; round += 1) {
    const sentPages = Math.floor(dirtyPages(memory) * 0.7);
    check({
      memory,
      seed,
      guestKey: 1,
      fidelity: 'page',
      syncNumber: round + 1,
      previousSyncUs: round * 1e6,
      syncUs: (round + 1) * 1e6,
      sentPages,
      progress: {
        timesUs: Float64Array.of(round * 1e6, (round + 1) * 1e6),
        bytes: Float64Array.of(0, sentPages * 4104),
      },
      wire: WIRE,
      intensity: STEADY,
    });
  }
}

describe('forecast', () => {
  it('has the mean and the spread of what is drawn', () => {
    const deviations: number[] = [];
    for (let seed = 1; seed <= 150; seed += 1) {
      roundsOf(0, seed, (task) => {
        const forecast = forecastRound(task);
        expect(forecast.marginPages).toBe(0);
        const drawn = stepRound(kernels, task).dirtyPages;
        deviations.push((drawn - forecast.meanDirtyPages) / forecast.sdDirtyPages);
      });
    }
    const n = deviations.length;
    const mean = deviations.reduce((sum, each) => sum + each, 0) / n;
    const square = deviations.reduce((sum, each) => sum + each ** 2, 0) / n;
    expect(Math.abs(mean) * Math.sqrt(n)).toBeLessThan(4);
    expect(Math.abs(square - 1) * Math.sqrt(n / 2)).toBeLessThan(4);
  });

  it('holds with its margin where pages are swept', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      roundsOf(5000, seed, (task) => {
        const { meanDirtyPages, sdDirtyPages, marginPages } = forecastRound(task);
        const drawn = stepRound(kernels, task).dirtyPages;
        expect(Math.abs(drawn - meanDirtyPages)).toBeLessThanOrEqual(
          marginPages + 6 * sdDirtyPages,
        );
      });
    }
  });

  it('holds for guests of more segments than a batch of draws takes', () => {
    const pages = 240_000;
    const layout = layoutGuest({
      memoryBytes: pages * 4096,
      seed: 1,
      guestKey: 1,
      chunkPages: 24,
      regions: [regionOf(pages, { writes: { kind: 'random', pagesPerSecond: pages / 3 } })],
    });
    const task: RoundTask = {
      memory: createGuestMemory(layout, { tracking: 'sync-clear', shared: false }),
      seed: 1,
      guestKey: 1,
      fidelity: 'page',
      syncNumber: 2,
      previousSyncUs: 0,
      syncUs: 1e6,
      sentPages: pages,
      progress: { timesUs: Float64Array.of(0, 1e6), bytes: Float64Array.of(0, pages * 4104) },
      wire: WIRE,
      intensity: STEADY,
    };
    const { meanDirtyPages, sdDirtyPages } = forecastRound(task);
    expect(meanDirtyPages).toBeCloseTo(pages * -Math.expm1(-1 / 3), 6);
    const drawn = stepRound(kernels, task).dirtyPages;
    expect(Math.abs(drawn - meanDirtyPages)).toBeLessThan(5 * sdDirtyPages);
  });
});

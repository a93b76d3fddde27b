import { describe, expect, it } from 'vitest';
import {
  AUTO_CONVERGE_DEFAULTS,
  accountSync,
  countHits,
  type DirtyPeriod,
  openDirtyPeriod,
} from '../../src/qemu/auto-converge.js';

const PAGE = 4096;

/** One sync every `stepUs`: so many newly dirty pages, so many pages' bytes sent since the last. */
function run(
  syncs: readonly { readonly dirty: number; readonly sent: number }[],
  stepUs: number,
  parameters = AUTO_CONVERGE_DEFAULTS,
): { readonly period: DirtyPeriod; readonly raised: readonly (number | null)[] } {
  const period = openDirtyPeriod(0);
  let transferred = 0;
  const raised = syncs.map(({ dirty, sent }, i) => {
    transferred += sent * PAGE;
    return accountSync(period, (i + 1) * stepUs, dirty, transferred, PAGE, parameters);
  });
  return { period, raised };
}

const bad = { dirty: 60, sent: 100 };
const good = { dirty: 40, sent: 100 };

describe('auto-converge (spec/qemu.md 3.1)', () => {
  it('throttles at every second hit: 20, 30, …', () => {
    const { raised } = run([bad, bad, bad, bad, bad, bad], 1_100_000);
    expect(raised).toEqual([null, 20, null, 30, null, 40]);
  });

  it('does not forget a hit in a good period', () => {
    expect(run([bad, good, good, bad], 1_100_000).raised).toEqual([null, null, null, 20]);
  });

  it('hits above half of what was sent, not at it', () => {
    const half = { dirty: 50, sent: 100 };
    expect(run([half, half, half], 1_100_000).raised).toEqual([null, null, null]);
  });

  it('looks only after more than a second of whole milliseconds', () => {
    expect(run([bad, bad, bad, bad], 1_000_000).raised).toEqual([null, null, null, 20]);
    expect(run([bad, bad, bad, bad], 1_001_000).raised).toEqual([null, 20, null, 30]);
  });

  it('adds the counts of several syncs up to one look', () => {
    const { period } = run([bad, bad, bad], 400_000);
    expect(period.dirtyPagesPerSecond).toBe(Math.floor((180 * 1000) / 1200));
  });

  it('stops at 99 per cent', () => {
    const { raised } = run(Array(40).fill(bad), 1_100_000);
    expect(raised.filter((one) => one !== null)).toEqual([20, 30, 40, 50, 60, 70, 80, 90, 99]);
  });

  it('takes smaller steps with tailslow when little is missing', () => {
    const tail = { ...AUTO_CONVERGE_DEFAULTS, tailslow: true };
    const near = { dirty: 52, sent: 100 };
    const { raised } = run([near, near, near, near], 1_100_000, tail);
    // (100 - 20) - (100 - 20) × 50/52 = 3.07
    expect(raised).toEqual([null, 20, null, 23]);
  });

  it('keeps the dirty rate without throttling when it is off', () => {
    const period = openDirtyPeriod(0);
    expect(countHits(period, 2_000_000, 500, 1e6, PAGE, null)).toBeNull();
    expect(period.dirtyPagesPerSecond).toBe(250);
  });
});

import { describe, expect, it } from 'vitest';
import type { GuestSelection, Limit } from '../../src/fleet/goal-model.js';
import { FIGURES, figuresOf } from '../../src/plan/figures.js';
import { excessOf, limitText, observe, observedText } from '../../src/plan/limits.js';
import { buildFleet } from '../fleet-builder.js';
import {
  guestRecord,
  linkRecord,
  migrationRecord,
  nodeRecord,
  roundRecord,
  runResult,
} from '../outcome/records.js';

const { guests } = buildFleet({
  guests: [
    { name: 'db-0', namespace: 'shop', labels: { tier: 'latency' }, node: 'node-01' },
    { name: 'web', namespace: 'shop', node: 'node-01' },
    { name: 'db-0', namespace: 'lab', labels: { tier: 'latency' }, node: 'node-01' },
  ],
});

const all: GuestSelection = { labels: {}, namespace: '*' };
const latency: GuestSelection = { labels: { tier: 'latency' }, namespace: 'sh*' };

const result = runResult({
  migrations: [
    migrationRecord({ guestPauseUs: 400_000 }),
    migrationRecord({ name: 'web', guestPauseUs: 2_000_000, mode: 'PostCopy' }),
    migrationRecord({ namespace: 'lab', guestPauseUs: 900_000 }),
  ],
  links: [
    linkRecord({ link: 'nic/a/up', bytes: 90_000_000_000 }),
    linkRecord({ link: 'nic/a/down', bytes: 180_000_000_000 }),
    linkRecord({ link: 'nic/b/up', bytes: 45_000_000_000 }),
  ],
});

describe('a limit', () => {
  const cases: readonly (readonly [Limit, number, boolean])[] = [
    [{ kind: 'drain-time', mostUs: 60_000_000 }, 120_000_000, false],
    [{ kind: 'pause', quantile: 'worst', mostUs: 500_000, guests: latency }, 400_000, true],
    [{ kind: 'pause', quantile: 'worst', mostUs: 500_000, guests: all }, 2_000_000, false],
    [{ kind: 'no-post-copy', guests: latency }, 0, true],
    [{ kind: 'no-post-copy', guests: all }, 1, false],
    [{ kind: 'link-share', links: 'nic/*/up', most: 0.5 }, 0.5, true],
    [{ kind: 'link-share', links: 'nic/*', most: 0.5 }, 1, false],
  ];
  it.each(cases)('%j sees %f', (limit, observed, kept) => {
    expect(observe(limit, result, guests)).toBeCloseTo(observed, 9);
    expect(excessOf(limit, observed) === 0).toBe(kept);
    expect(limitText(limit)).not.toBe('');
    expect(observedText(limit, observed)).not.toBe('');
  });

  it('tells how far past it a run went', () => {
    expect(excessOf({ kind: 'drain-time', mostUs: 100 }, 150)).toBeCloseTo(0.5, 12);
  });
});

describe('figures', () => {
  const figure = (name: string, run = result) =>
    figuresOf('f', run)[FIGURES.findIndex((one) => one.name === name)];

  it('add up what guests lost: pauses, waits for pages, and what auto-converge took', () => {
    const rounds = [roundRecord({ startedUs: 0, endedUs: 10_000_000, throttlePercent: 20 })];
    expect(figure('degraded', { ...result, rounds })).toBe(3_300_000 + 2_000_000);
  });

  it('count guests of nodes whose turn never came as left behind', () => {
    const nodes = [nodeRecord(), nodeRecord({ node: 'n2', turn: null, begunUs: null })];
    const left = guestRecord({ sourceNode: 'n2', outcome: 'left' });
    const external = guestRecord({ outcome: 'left' });
    const failed = guestRecord({ outcome: 'failed' });
    const run = { ...result, nodes, guests: [left, external, failed, guestRecord()] };
    expect(figure('guests_behind', run)).toBe(2);
  });
});

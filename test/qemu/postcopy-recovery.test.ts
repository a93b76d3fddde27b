import { describe, expect, it } from 'vitest';
import { queryMigrate } from '../../src/qemu/job-stats.js';
import type { MigrationInput } from '../../src/qemu/migration-state.js';
import { config, migrate, type Outcome, of } from './machine.js';

const SECOND = 1_000_000;
const PAGES = 65_536;
const HOT = 30_000;

/** Post-copy at 1 s over 20 MB/s: 120 MB are left then, about 6 s of stream. */
function postcopied(
  inputs: readonly { readonly atUs: number; readonly input: MigrationInput }[] = [],
  untilUs = 60 * SECOND,
): Outcome {
  return migrate(
    config({ maxBandwidthBytesPerSecond: 0, postcopyGuest: { vcpus: 2, hostPageBytes: 4096 } }),
    {
      pages: PAGES,
      dirtied: () => HOT,
      touched: [{ hostPages: HOT, touchesPerPagePerSecond: 2 }],
      linkBytesPerSecond: 20e6,
      inputs: [{ atUs: SECOND, input: { kind: 'start-postcopy' } }, ...inputs],
      untilUs,
    },
  );
}

const lost = (seconds: number) => ({
  atUs: seconds * SECOND,
  input: { kind: 'connection-lost', reason: 'reset by peer' } as const,
});
const at = (seconds: number, input: MigrationInput) => ({ atUs: seconds * SECOND, input });

describe('a broken post-copy (spec/qemu.md 6)', () => {
  const whole = postcopied();
  const endUs = of(whole, 'ended')[0]?.atUs ?? 0;

  it('waits: nothing is sent, nothing is lost, QEMU says postcopy-paused', () => {
    expect(of(whole, 'ended')[0]?.end.kind).toBe('completed');
    const outcome = postcopied([lost(5)], 30 * SECOND);
    expect(of(outcome, 'ended')).toEqual([]);
    const early = queryMigrate(outcome.state, 30 * SECOND);
    expect(early.status).toBe('postcopy-paused');
    expect(early.ram.remaining).toBeGreaterThan(50e6);
    // What has not gone out is not told as transferred: 20 MB/s for less than 5 s.
    expect(early.ram.transferred).toBeLessThan(5 * 20e6);
    expect(early.ram.transferred).toBeGreaterThan(4.5 * 20e6);
    expect(of(outcome, 'set-flow').at(-1)?.capBytesPerSecond).toBe(0);
  });

  it('goes on where it stood when it is recovered, after the handshake', () => {
    const outcome = postcopied([lost(5), at(25, { kind: 'recover' })]);
    const end = of(outcome, 'ended')[0];
    expect(end?.end.kind).toBe('completed');
    // 20 s of pause, and the machine's 3 ms.
    expect((end?.atUs ?? 0) - endUs).toBeGreaterThanOrEqual(20 * SECOND + 3000);
    expect((end?.atUs ?? 0) - endUs).toBeLessThan(20 * SECOND + 3010);
    expect(outcome.state.transferredBytes).toBe(whole.state.transferredBytes);
    const told = of(outcome, 'decision').map(({ action }) => action);
    expect(told.slice(-3)).toEqual(['postcopy-paused', 'postcopy-recover', 'postcopy-active']);
  });

  it('the guest runs on until it touches what is missing', () => {
    const outcome = postcopied([lost(5), at(25, { kind: 'recover' })]);
    const more = outcome.state.faults.stalledUs - whole.state.faults.stalledUs;
    expect(more).toBeGreaterThan(19.9 * SECOND);
    expect(more).toBeLessThanOrEqual(20.01 * SECOND);
  });

  it('breaks again, even in the handshake, and is recovered again', () => {
    const outcome = postcopied([
      lost(5),
      at(6, { kind: 'recover' }),
      { ...lost(6), atUs: 6 * SECOND + 1000 },
      at(8, { kind: 'recover' }),
    ]);
    expect(of(outcome, 'ended')[0]?.end.kind).toBe('completed');
    expect((of(outcome, 'ended')[0]?.atUs ?? 0) - endUs).toBeGreaterThan(3 * SECOND);
  });

  it('is lost when it is given up, and only then', () => {
    const outcome = postcopied([lost(5), at(7, { kind: 'give-up', reason: 'nobody recovers' })]);
    expect(of(outcome, 'ended')[0]).toMatchObject({
      atUs: 7 * SECOND,
      end: { kind: 'lost', reason: 'nobody recovers' },
    });
    const running = postcopied([
      at(5, { kind: 'give-up', reason: 'no' }),
      at(5, { kind: 'recover' }),
    ]);
    expect(of(running, 'ended')[0]).toMatchObject({ atUs: endUs, end: { kind: 'completed' } });
  });

  it('between the package and the target’s start the guest is lost at once; before, the source has it', () => {
    const resumedUs = of(whole, 'target-resumed')[0]?.atUs ?? 0;
    const loading = postcopied([{ ...lost(0), atUs: resumedUs - 1000 }]);
    expect(of(loading, 'ended')[0]?.end.kind).toBe('lost');
    const stoppedUs = of(whole, 'guest-speed')[0]?.atUs ?? 0;
    const stopping = postcopied([{ ...lost(0), atUs: stoppedUs + 100 }]);
    expect(of(stopping, 'ended')[0]?.end).toMatchObject({ kind: 'failed', cause: 'network' });
  });
});

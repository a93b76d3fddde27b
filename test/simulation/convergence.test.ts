/**
 * Every way in which a migration can end, from fleet file to outcome: fleets/convergence.yaml and
 * fleets/convergence-stalls.yaml have one guest for each.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleet/load/load-fleet.js';
import type { MigrationRecord, RunResult } from '../../src/simulation/result.js';
import { runFleet } from './run-fleet.js';

async function run(
  file: string,
  set: readonly { path: string; value: string }[] = [],
): Promise<RunResult> {
  const { fleet, warnings } = await loadFleet({ files: [`fleets/${file}`], set });
  expect(warnings).toEqual([]);
  return runFleet(fleet);
}

let legacy: RunResult;
let stalls: RunResult;
/** With a libvirt that does not give up on a silent peer. */
let patient: RunResult;
beforeAll(async () => {
  legacy = await run('convergence.yaml');
  patient = await run('convergence.yaml', [{ path: 'network.tcp.keepAliveCount', value: '1000' }]);
  stalls = await run('convergence-stalls.yaml');
});

const guestOf = (result: RunResult, name: string) =>
  result.guests.find((guest) => guest.name === name);

const migrationsOf = (result: RunResult, name: string): readonly MigrationRecord[] =>
  result.migrations.filter((migration) => migration.name === name);

/** `actor action` of everything that was decided about a guest, in order. */
const storyOf = (result: RunResult, name: string): readonly string[] =>
  result.decisions
    .filter((decision) => decision.name === name)
    .map(({ actor, action, reason }) => `${actor} ${action}: ${reason}`);

const settledOf = (result: RunResult, name: string) => storyOf(result, name).at(-1);

const seconds = (us: number | null | undefined) => (us ?? Number.NaN) / 1e6;
const totalSeconds = (migration: MigrationRecord | undefined) =>
  seconds(migration?.endedUs) - seconds(migration?.startedUs);

describe('without the stall detector', () => {
  it('pre-copy: a quiet guest just moves', () => {
    const [migration] = migrationsOf(legacy, 'quiet');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'PreCopy', failCause: '' });
    expect(settledOf(legacy, 'quiet')).toMatch(/^drain settled: moved to staying-/);
  });

  it('auto-converge: throttled until what is left fits', () => {
    const [migration] = migrationsOf(legacy, 'throttled');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'PreCopy' });
    expect(migration?.throttleMaxPercent).toBeGreaterThanOrEqual(20);
    expect(storyOf(legacy, 'throttled').join('\n')).toMatch(/qemu throttle 20%/);
  });

  it('downtime tuning: the limit rises until what is left fits', () => {
    const [migration] = migrationsOf(legacy, 'ramped');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'PreCopy' });
    const limits = storyOf(legacy, 'ramped').flatMap(
      (line) => /set downtime limit (\d+) ms: downtime-tuning/.exec(line)?.[1] ?? [],
    );
    // spec/kubevirt.md 3.3: 150 at once, then steps of 107 ms, ten seconds apart.
    expect(limits.slice(0, 4)).toEqual(['150', '257', '364', '471']);
    expect(migration?.downtimeUs).toBeGreaterThan(400_000);
  });

  it('post-copy at the completion timeout', () => {
    const [migration] = migrationsOf(legacy, 'post-copied');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'PostCopy' });
    const story = storyOf(legacy, 'post-copied').join('\n');
    // 5 decimal GB × 10 s, compared strictly in whole seconds.
    expect(story).toMatch(/kubevirt start post-copy: completion-timeout: 51 s, limit 50 s/);
    expect(story).toMatch(/libvirt target resumed/);
  });

  it('suspend at the completion timeout: paused until it has moved', () => {
    const [migration] = migrationsOf(legacy, 'suspended');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'Paused' });
    expect(seconds(migration?.guestPauseUs)).toBeGreaterThan(5);
    expect(storyOf(legacy, 'suspended').join('\n')).toMatch(/kubevirt suspend guest/);
  });

  it('VFIO: a downtime limit of twice the completion time, so QEMU pauses it', () => {
    const [migration] = migrationsOf(legacy, 'big-downtime');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'Paused' });
    expect(seconds(migration?.downtimeUs)).toBeGreaterThan(5);
    expect(storyOf(legacy, 'big-downtime').join('\n')).toMatch(/set downtime limit 100000 ms/);
  });

  it('completion timeout → abort, six times with a growing back-off, then given up', () => {
    const migrations = migrationsOf(legacy, 'timed-out');
    expect(migrations.map(({ outcome }) => outcome)).toEqual(Array(6).fill('aborted'));
    expect(new Set(migrations.map(({ failCause }) => failCause))).toEqual(
      new Set(['completion-timeout']),
    );
    for (const migration of migrations) {
      expect(totalSeconds(migration)).toBeGreaterThanOrEqual(51);
      expect(totalSeconds(migration)).toBeLessThan(51.5);
    }
    const waits = storyOf(legacy, 'timed-out').filter((line) => line.includes('back-off'));
    expect(waits.map((line) => /back-off (\d+) s/.exec(line)?.[1])).toEqual([
      '20',
      '40',
      '80',
      '160',
      '320',
    ]);
    expect(guestOf(legacy, 'timed-out')).toMatchObject({ outcome: 'failed', attempts: 6 });
    expect(migrations[3]?.slowCause).toBe('back-off');
  });

  it('stuck → abort while its link is down; it moves when it is up again', () => {
    const [first, second] = migrationsOf(patient, 'stuck');
    expect(first).toMatchObject({ outcome: 'aborted', failCause: 'stuck' });
    expect(first?.seenAtEnd?.noProgressUs).toBeGreaterThan(151e6 - 1);
    // Down from 40 s on, the last poll with progress within 400 ms of it, 151 whole seconds.
    expect(seconds(first?.endedUs)).toBeGreaterThan(190);
    expect(seconds(first?.endedUs)).toBeLessThan(192);
    expect(second?.outcome).toBe('succeeded');
  });

  it('with libvirt’s keep-alive as it is, the connection is given up before it is stuck', () => {
    const [first] = migrationsOf(legacy, 'stuck');
    expect(first).toMatchObject({ outcome: 'failed', failCause: 'network', endedUs: 70e6 });
    expect(guestOf(legacy, 'stuck')?.outcome).toBe('moved');
  });

  it('a target that is lost in pre-copy fails the migration; another node takes the guest', () => {
    const [first, second] = migrationsOf(legacy, 'retargeted');
    expect(first).toMatchObject({ outcome: 'failed', failCause: 'network', targetNode: 'doomed' });
    expect(second?.outcome).toBe('succeeded');
    expect(second?.targetNode).toMatch(/^staying-/);
  });

  it('a target that is lost in post-copy takes the guest with it', () => {
    const [migration] = migrationsOf(legacy, 'lost');
    expect(migration).toMatchObject({
      outcome: 'lost',
      mode: 'PostCopy',
      failCause: 'guest-lost',
      targetNode: 'doomed',
    });
    expect(guestOf(legacy, 'lost')).toMatchObject({ outcome: 'lost', finalNode: '' });
  });

  it('a deleted VMIM is aborted while it is pre-copy, and the drain makes another', () => {
    const [first, second] = migrationsOf(legacy, 'cancelled');
    expect(first).toMatchObject({ outcome: 'aborted', failCause: 'cancelled' });
    expect(second).toMatchObject({ outcome: 'succeeded' });
    expect(second?.createdUs).toBe((first?.endedUs ?? 0) + 1_000_000);
  });

  it('a VMIM that is deleted in post-copy goes on', () => {
    expect(storyOf(legacy, 'post-copied').join('\n')).toMatch(/kubevirt abort refused: libvirt/);
    expect(guestOf(legacy, 'post-copied')?.outcome).toBe('moved');
  });

  it('a destination volume that is too small fails with its own words', () => {
    const migrations = migrationsOf(legacy, 'volume-too-small');
    expect(migrations).toHaveLength(6);
    expect(migrations[0]).toMatchObject({ outcome: 'failed', failCause: 'volume' });
    expect(migrations[0]?.failReason).toMatch(
      /^Volume migration cannot be performed because the destination volume is smaller than/,
    );
  });

  it('unschedulable: 300 s, then the scheduler said why', () => {
    const [migration] = migrationsOf(legacy, 'unschedulable');
    expect(migration).toMatchObject({ outcome: 'failed', failCause: 'unschedulable' });
    expect(seconds(migration?.endedUs) - seconds(migration?.slotUs)).toBe(300);
    expect(guestOf(legacy, 'unschedulable')?.reason).toMatch(
      /^0\/9 nodes are available: .*4 node\(s\) didn't match Pod's node affinity\/selector/,
    );
  });

  it('quota: the second pod of the guest is forbidden', () => {
    const [migration] = migrationsOf(legacy, 'over-quota');
    expect(migration).toMatchObject({
      outcome: 'failed',
      failCause: 'unschedulable',
      slotUs: null,
    });
    expect(migration?.failReason).toMatch(/exceeded quota, requested: requests\.memory=/);
  });

  it.each([
    ['no-interface', 'InterfaceNotLiveMigratable'],
    ['no-cpu-mode', 'CPUModeLiveMigratable'],
    ['no-host-device', 'HostDeviceNotLiveMigratable'],
    ['no-gpu', 'HostDeviceNotLiveMigratable'],
    ['no-sev', 'SEVNotLiveMigratable'],
    ['no-tdx', 'TDXNotLiveMigratable'],
    ['no-secure-execution', 'SecureExecutionNotLiveMigratable'],
    ['no-tsc-frequency', 'NoTSCFrequencyNotLiveMigratable'],
    ['no-hyperv-passthrough', 'HypervPassthroughNotLiveMigratable'],
    ['no-shared-disk', 'DisksNotLiveMigratable'],
  ])('%s: not migratable, %s', (name, reason) => {
    expect(guestOf(legacy, name)).toMatchObject({ outcome: 'not-movable', reason, attempts: 0 });
    expect(storyOf(legacy, name)[0]).toMatch(/^drain eviction-denied: 429: /);
  });

  it('other eviction strategies: shut down, or left', () => {
    expect(guestOf(legacy, 'shut-down')?.outcome).toBe('restarted');
    expect(guestOf(legacy, 'shut-down-if-it-must')?.outcome).toBe('restarted');
    expect(guestOf(legacy, 'external')?.outcome).toBe('left');
  });
});

describe('with the stall detector', () => {
  it('leaves a migration alone that converges', () => {
    expect(migrationsOf(stalls, 'quiet')[0]?.outcome).toBe('succeeded');
    expect(storyOf(stalls, 'quiet').join('\n')).not.toMatch(/stalled/);
  });

  it('soft stop-and-copy: maxDowntimeMs when the rest needs little more', () => {
    const [migration] = migrationsOf(stalls, 'soft');
    expect(migration?.outcome).toBe('succeeded');
    expect(storyOf(stalls, 'soft').join('\n')).toMatch(/set downtime limit 900 ms: stalled/);
    expect(migration?.downtimeUs).toBeLessThan(1.5e6);
  });

  it.each(['hard', 'hard-vfio'])('%s: hard stop-and-copy', (name) => {
    const [migration] = migrationsOf(stalls, name);
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'Paused' });
    expect(storyOf(stalls, name).join('\n')).toMatch(/set downtime limit 2000000 ms: stalled/);
    expect(migration?.downtimeUs).toBeGreaterThan(2e6);
  });

  it('post-copy when it is allowed', () => {
    const [migration] = migrationsOf(stalls, 'post-copied');
    expect(migration).toMatchObject({ outcome: 'succeeded', mode: 'PostCopy' });
    expect(storyOf(stalls, 'post-copied').join('\n')).toMatch(/start post-copy: stalled/);
  });

  it('abort when nothing else is allowed', () => {
    const migrations = migrationsOf(stalls, 'aborted');
    expect(migrations).toHaveLength(6);
    expect(migrations[0]).toMatchObject({ outcome: 'aborted', failCause: 'stalled' });
    expect(migrations[0]?.seenAtEnd?.remainingTrend).not.toBe('falling');
    expect(guestOf(stalls, 'aborted')?.outcome).toBe('failed');
  });

  it('the completion timeout aborts here too', () => {
    expect(migrationsOf(stalls, 'timed-out')[0]).toMatchObject({
      outcome: 'aborted',
      failCause: 'completion-timeout',
    });
  });
});

describe('decisions', () => {
  it.each(['legacy', 'stalls'])('%s: in the order of time, each attempt with its end', (which) => {
    const result = which === 'legacy' ? legacy : stalls;
    const times = result.decisions.map(({ atUs }) => atUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const guest of result.guests) {
      expect(settledOf(result, guest.name)).toMatch(new RegExp(`^drain settled: ${guest.outcome}`));
    }
  });
});

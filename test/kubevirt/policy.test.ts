import { describe, expect, it } from 'vitest';
import type { MigrationPolicy } from '../../src/fleet/model.js';
import { matchingPolicy, settingsFor } from '../../src/kubevirt/policy.js';
import { buildFleet, type FleetInput, type GuestInput } from '../fleet-builder.js';

function settings(input: FleetInput, guest: Partial<GuestInput> = {}) {
  const fleet = buildFleet({ ...input, guests: [{ name: 'db', labels: { app: 'db' }, ...guest }] });
  const [first] = fleet.guests;
  if (first === undefined) throw new Error('no guest');
  return settingsFor(fleet, first);
}

function policies(...list: NonNullable<FleetInput['policies']>): readonly MigrationPolicy[] {
  return buildFleet({ policies: list }).policies;
}

const byVmi = (labels: Record<string, string>) => ({
  selectors: { namespace: null, virtualMachineInstance: labels },
});
const byNamespace = (labels: Record<string, string>) => ({
  selectors: { namespace: labels, virtualMachineInstance: null },
});

describe('matching a MigrationPolicy (spec/kubevirt.md 1.2)', () => {
  it('never matches a policy without selectors', () => {
    expect(matchingPolicy(policies({ name: 'p' }), { app: 'db' }, {})).toBeNull();
  });

  it('matches everything with empty selectors, with the lowest score', () => {
    const list = policies(
      { name: 'all', selectors: { namespace: null, virtualMachineInstance: null } },
      { name: 'db', ...byVmi({ app: 'db' }) },
    );
    expect(matchingPolicy(list, { app: 'db' }, {})?.name).toBe('db');
    expect(matchingPolicy(list, { app: 'web' }, {})?.name).toBe('all');
  });

  it('needs every pair of a selector', () => {
    const list = policies({ name: 'p', ...byVmi({ app: 'db', tier: 'gold' }) });
    expect(matchingPolicy(list, { app: 'db' }, {})).toBeNull();
    expect(matchingPolicy(list, { app: 'db', tier: 'gold' }, {})?.name).toBe('p');
  });

  it('prefers more pairs, then more VMI pairs, then the smaller name', () => {
    const labels = { app: 'db', tier: 'gold' };
    const two = policies(
      { name: 'a', ...byVmi({ app: 'db' }) },
      { name: 'b', ...byNamespace({ env: 'prod', zone: 'z' }) },
    );
    expect(matchingPolicy(two, labels, { env: 'prod', zone: 'z' })?.name).toBe('b');
    const tie = policies(
      { name: 'a', ...byNamespace({ env: 'prod' }) },
      { name: 'b', ...byVmi({ app: 'db' }) },
    );
    expect(matchingPolicy(tie, labels, { env: 'prod' })?.name).toBe('b');
    const names = policies(
      { name: 'b', ...byVmi({ tier: 'gold' }) },
      { name: 'a', ...byVmi({ app: 'db' }) },
    );
    expect(matchingPolicy(names, labels, {})?.name).toBe('a');
  });

  it('matches by labels and namespace where the VMI has no labels: at hand-off it has one', () => {
    const list = policies(
      { name: 'z', ...byVmi({ app: 'db' }) },
      { name: 'n', ...byNamespace({ env: 'prod' }) },
    );
    expect(matchingPolicy(list, {}, {})).toBeNull();
    expect(matchingPolicy(list, {}, { env: 'prod' })?.name).toBe('n');
    expect(matchingPolicy(list, { other: 'x' }, {})).toBeNull();
  });
});

describe('settingsFor', () => {
  it('gives KubeVirt defaults with their source', () => {
    const result = settings({});
    expect(result).toMatchObject({
      policyName: '',
      completionTimeoutPerGiB: 150,
      maxDowntimeMs: 900,
      multifdChannels: 8,
      compression: 'none',
      stallDetector: null,
      downtimeTuning: null,
    });
    expect(result.sources.maxDowntimeMs).toBe('default');
  });

  it('replaces single fields by the policy and says so', () => {
    const result = settings({
      kubevirt: { migrations: { completionTimeoutPerGiB: 60, progressTimeout: 99 } },
      policies: [{ name: 'fast', ...byVmi({ app: 'db' }), allowAutoConverge: true }],
    });
    expect(result).toMatchObject({
      policyName: 'fast',
      allowAutoConverge: true,
      completionTimeoutPerGiB: 60,
      progressTimeout: 99,
    });
    expect(result.sources).toMatchObject({
      allowAutoConverge: 'policy',
      completionTimeoutPerGiB: 'cluster',
      bandwidthPerMigrationBytesPerSecond: 'default',
    });
  });

  it("takes the policy's allowPostCopy for an unset allowWorkloadDisruption, true or false", () => {
    const on = settings({
      policies: [{ name: 'p', ...byVmi({ app: 'db' }), allowPostCopy: true }],
    });
    expect(on.allowWorkloadDisruption).toBe(true);
    const off = settings({
      kubevirt: { migrations: { allowPostCopy: true, allowWorkloadDisruption: true } },
      policies: [{ name: 'p', ...byVmi({ app: 'db' }), allowPostCopy: false }],
    });
    expect(off.allowWorkloadDisruption).toBe(false);
    const own = settings({
      policies: [
        {
          name: 'p',
          ...byVmi({ app: 'db' }),
          allowPostCopy: true,
          allowWorkloadDisruption: false,
        },
      ],
    });
    expect(own.allowWorkloadDisruption).toBe(false);
  });

  it('has no multifd with a CPU limit or dedicated CPUs, nor with post-copy before 1.9', () => {
    expect(settings({}, { resourceLimits: { cpu: 2 } }).multifdChannels).toBe(0);
    expect(settings({}, { dedicatedCpus: true }).multifdChannels).toBe(0);
    const postCopy = { allowPostCopy: true, allowWorkloadDisruption: true };
    const at = (release: string) =>
      settings({ kubevirt: { release, migrations: postCopy } }).multifdChannels;
    expect([at('1.4'), at('1.8'), at('1.9'), at('v1.9.2'), at('2.0')]).toEqual([0, 0, 8, 8, 8]);
  });

  it('uses the stall detector for every migration when its gate is on, never when off', () => {
    const stallDetector = {
      stallMargin: 7,
      stallProgressTimeout: null,
      switchoverTimeout: null,
      ewmaAlpha: null,
      precopyPossibleFactor: null,
      patienceWindowDecayFactor: null,
      searchLocalMinima: null,
      completionTimeoutFactor: null,
    };
    const list = [{ name: 'p', ...byVmi({ app: 'db' }), stallDetector }];
    const gated = { featureGates: ['MigrationStallDetection'] };
    expect(settings({ kubevirt: gated }).stallDetector?.stallMargin).toBe(4);
    expect(settings({ kubevirt: gated, policies: list }).stallDetector).toMatchObject({
      stallMargin: 7,
      stallProgressTimeout: 40,
      ewmaAlpha: '0.4',
    });
    expect(settings({ policies: list }).stallDetector).toBeNull();
  });

  it('needs both the gate and the object for downtime tuning', () => {
    const downtimeTuning = {
      initialMs: 100,
      steps: null,
      startAfterIteration: null,
      cooldownSeconds: null,
    };
    const list = [{ name: 'p', ...byVmi({ app: 'db' }), downtimeTuning }];
    const gated = { featureGates: ['MigrationDowntimeTuning'] };
    expect(settings({ kubevirt: gated }).downtimeTuning).toBeNull();
    expect(settings({ policies: list }).downtimeTuning).toBeNull();
    expect(settings({ kubevirt: gated, policies: list }).downtimeTuning).toEqual({
      initialMs: 100,
      steps: 7,
      startAfterIteration: 3,
      cooldownSeconds: 10,
    });
  });

  it('turns on compression for zstd only', () => {
    const of = (compression: string) =>
      settings({ policies: [{ name: 'p', ...byVmi({ app: 'db' }), compression }] }).compression;
    expect([of('zstd'), of('none'), of('lz4'), of('')]).toEqual(['zstd', 'none', 'none', 'none']);
  });
});

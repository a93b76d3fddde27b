/** What KubeVirt's webhook refuses in a MigrationPolicy (spec/kubevirt.md 1.2). */
import { describe, expect, it } from 'vitest';
import type { MigrationPolicy, StallDetectorPolicy } from '../../src/fleet/model.js';
import { policyAdmissionWarnings } from '../../src/kubevirt/policy-admission.js';
import { buildFleet } from '../fleet-builder.js';

const BOTH = ['MigrationStallDetection', 'MigrationDowntimeTuning'];
const NO_STALL: StallDetectorPolicy = {
  stallMargin: null,
  stallProgressTimeout: null,
  switchoverTimeout: null,
  ewmaAlpha: null,
  precopyPossibleFactor: null,
  patienceWindowDecayFactor: null,
  searchLocalMinima: null,
  completionTimeoutFactor: null,
};
const NO_TUNING = {
  initialMs: null,
  steps: null,
  startAfterIteration: null,
  cooldownSeconds: null,
};

function warnings(policy: Partial<MigrationPolicy>, featureGates: readonly string[] = BOTH) {
  const fleet = buildFleet({ policies: [{ name: 'p', ...policy }], kubevirt: { featureGates } });
  const [only] = fleet.policies;
  if (only === undefined) throw new Error('no policy');
  return policyAdmissionWarnings(fleet.kubevirt, only);
}

const factor = (name: keyof StallDetectorPolicy, value: string) =>
  warnings({ stallDetector: { ...NO_STALL, [name]: value } });

describe('admission of policies', () => {
  it('has nothing to say about an empty one, or one within the bounds', () => {
    expect(warnings({})).toEqual([]);
    const stallDetector = {
      ...NO_STALL,
      ewmaAlpha: '0.3',
      precopyPossibleFactor: '1500m',
      patienceWindowDecayFactor: '0',
      completionTimeoutFactor: '1',
    };
    expect(warnings({ stallDetector, maxDowntimeMs: 500 })).toEqual([]);
  });

  it.each([
    ['ewmaAlpha', '0', 'is not above 0 and up to 1'],
    ['ewmaAlpha', '1.1', 'is not above 0 and up to 1'],
    ['precopyPossibleFactor', '0.9', 'is not 1 or more'],
    ['patienceWindowDecayFactor', '1.5', 'is not from 0 to 1'],
    ['completionTimeoutFactor', '0.999', 'is not 1 or more'],
    ['completionTimeoutFactor', '1.2345', 'has more than 3 decimals'],
  ] as const)('%s %s %s', (name, value, problem) => {
    expect(factor(name, value)).toEqual([`policy p: stallDetector.${name} ${value} ${problem}`]);
  });

  it('asks for the gates, and for one of the two methods', () => {
    expect(warnings({ maxDowntimeMs: 500 }, [])[0]).toMatch(/QEMU keeps its own 300 ms$/);
    expect(warnings({ stallDetector: NO_STALL }, [])[0]).toMatch(/MigrationStallDetection/);
    expect(warnings({ downtimeTuning: NO_TUNING }, [])[0]).toMatch(/MigrationDowntimeTuning/);
    expect(warnings({ stallDetector: NO_STALL, downtimeTuning: NO_TUNING })).toEqual([
      'policy p: stallDetector and downtimeTuning exclude each other',
    ]);
  });
});

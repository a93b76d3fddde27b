/**
 * What KubeVirt's admission webhook would refuse in a MigrationPolicy (spec/kubevirt.md 1.2). A
 * dump's policies have passed it, so these are warnings: the values are taken as they are.
 */
import type { KubeVirtSettings, MigrationPolicy } from '../fleet/model.js';
import { quantityToDouble } from './quantity-float.js';
import { hasFeatureGate } from './release.js';

/** One text for each thing that is wrong, each beginning with the policy's name. */
export function policyAdmissionWarnings(
  kubevirt: KubeVirtSettings,
  policy: MigrationPolicy,
): readonly string[] {
  const problems = [
    ...amountProblems(policy),
    ...gateProblems(kubevirt, policy),
    ...factorProblems(policy),
  ];
  return problems.map((problem) => `policy ${policy.name}: ${problem}`);
}

function amountProblems(policy: MigrationPolicy): readonly string[] {
  const problems: string[] = [];
  if ((policy.completionTimeoutPerGiB ?? 0) < 0) {
    problems.push(`completionTimeoutPerGiB ${policy.completionTimeoutPerGiB} is negative`);
  }
  const bandwidth = policy.bandwidthPerMigrationBytesPerSecond ?? 0;
  if (bandwidth < 0) problems.push(`bandwidthPerMigration ${bandwidth} is negative`);
  return problems;
}

/** Without their gates these fields cannot be set, and are ignored where they are. */
function gateProblems(kubevirt: KubeVirtSettings, policy: MigrationPolicy): readonly string[] {
  const stall = hasFeatureGate(kubevirt, 'MigrationStallDetection');
  const tuning = hasFeatureGate(kubevirt, 'MigrationDowntimeTuning');
  const problems: string[] = [];
  if (policy.stallDetector !== null && !stall) {
    problems.push('stallDetector needs feature gate MigrationStallDetection; it is ignored');
  }
  if (policy.downtimeTuning !== null && !tuning) {
    problems.push('downtimeTuning needs feature gate MigrationDowntimeTuning; it is ignored');
  }
  if (policy.maxDowntimeMs !== null && !stall && !tuning) {
    problems.push(
      'maxDowntimeMs needs feature gate MigrationStallDetection or MigrationDowntimeTuning; QEMU keeps its own 300 ms',
    );
  }
  if (policy.stallDetector !== null && policy.downtimeTuning !== null) {
    problems.push('stallDetector and downtimeTuning exclude each other');
  }
  return problems;
}

interface FactorRule {
  readonly name:
    | 'ewmaAlpha'
    | 'precopyPossibleFactor'
    | 'patienceWindowDecayFactor'
    | 'completionTimeoutFactor';
  readonly holds: (factor: number) => boolean;
  readonly range: string;
}

const FACTOR_RULES: readonly FactorRule[] = [
  { name: 'ewmaAlpha', holds: (f) => f > 0 && f <= 1, range: 'above 0 and up to 1' },
  { name: 'precopyPossibleFactor', holds: (f) => f >= 1, range: '1 or more' },
  { name: 'patienceWindowDecayFactor', holds: (f) => f >= 0 && f <= 1, range: 'from 0 to 1' },
  { name: 'completionTimeoutFactor', holds: (f) => f >= 1, range: '1 or more' },
];

function factorProblems({ stallDetector }: MigrationPolicy): readonly string[] {
  if (stallDetector === null) return [];
  return FACTOR_RULES.flatMap(({ name, holds, range }) => {
    const text = stallDetector[name];
    if (text === null) return [];
    const factor = quantityToDouble(text);
    const problems: string[] = [];
    if (!holds(factor)) problems.push(`stallDetector.${name} ${text} is not ${range}`);
    // Doubles carry rounding: three decimals are whole thousandths to within a billionth.
    const thousandths = factor * 1000;
    if (Math.abs(thousandths - Math.round(thousandths)) > 1e-6) {
      problems.push(`stallDetector.${name} ${text} has more than 3 decimals`);
    }
    return problems;
  });
}

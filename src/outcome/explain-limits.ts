/** After how long KubeVirt's monitor does what, for one guest (spec/kubevirt.md 2, 3.2, 3.4). */
import type { MigrationSettings } from '../kubevirt/policy.js';
import { quantityToDouble } from '../kubevirt/quantity-float.js';

export interface ExplainedLimit {
  readonly name: string;
  /** null: there is none. */
  readonly seconds: number | null;
  /** What then happens. */
  readonly effect: string;
}

/** `dataSizeGB` in decimal GB, as KubeVirt rounds it up. */
export function explainLimits(
  settings: MigrationSettings,
  dataSizeGB: number,
  vfio: boolean,
): readonly ExplainedLimit[] {
  const acceptable = settings.completionTimeoutPerGiB * dataSizeGB;
  const seconds = acceptable === 0 ? null : acceptable;
  return settings.stallDetector === null
    ? legacyLimits(settings, seconds, vfio)
    : stallLimits(settings, settings.stallDetector, seconds, vfio);
}

function legacyLimits(
  settings: MigrationSettings,
  seconds: number | null,
  vfio: boolean,
): readonly ExplainedLimit[] {
  const { allowWorkloadDisruption, allowPostCopy, progressTimeout } = settings;
  const stuck: ExplainedLimit = {
    name: 'no progress',
    seconds: progressTimeout === 0 ? null : progressTimeout,
    effect: 'abort (stuck)',
  };
  if (!allowWorkloadDisruption) {
    return [{ name: 'completion', seconds, effect: 'abort (completion timeout)' }, stuck];
  }
  if (allowPostCopy && !vfio) {
    return [{ name: 'completion', seconds, effect: 'post-copy, which has no time limit' }, stuck];
  }
  const stretched = seconds === null ? null : 2 * seconds;
  const bigDowntimeMs = Math.min((stretched ?? 0) * 1000, 2_000_000);
  const pause = vfio ? `downtime limit ${bigDowntimeMs} ms` : 'guest suspended';
  return [
    { name: 'completion', seconds, effect: `${pause}, limit doubled` },
    { name: 'completion when paused', seconds: stretched, effect: 'abort (completion timeout)' },
    stuck,
  ];
}

function stallLimits(
  settings: MigrationSettings,
  stall: NonNullable<MigrationSettings['stallDetector']>,
  seconds: number | null,
  vfio: boolean,
): readonly ExplainedLimit[] {
  const { allowWorkloadDisruption, allowPostCopy, maxDowntimeMs } = settings;
  const factor = quantityToDouble(stall.completionTimeoutFactor);
  const possibleMs = Math.trunc(maxDowntimeMs * quantityToDouble(stall.precopyPossibleFactor));
  const onStall = !allowWorkloadDisruption
    ? `soft stop-and-copy if ${possibleMs} ms would do, else abort (stalled)`
    : allowPostCopy && !vfio
      ? 'post-copy'
      : 'hard stop-and-copy';
  const onTimeout =
    allowPostCopy && !vfio
      ? 'post-copy if the stretched limit allows, else abort'
      : allowWorkloadDisruption
        ? 'hard stop-and-copy if the stretched limit allows, else abort'
        : 'abort (completion timeout)';
  return [
    { name: 'stall window', seconds: stall.stallProgressTimeout, effect: onStall },
    { name: 'switchover', seconds: stall.switchoverTimeout, effect: 'abort if not paused by then' },
    { name: 'completion', seconds, effect: onTimeout },
    {
      name: 'completion, stretched',
      seconds: seconds === null ? null : Math.trunc(seconds * factor),
      effect: 'the most that a switchover may be expected to take',
    },
  ];
}

/** QEMU's own limit until somebody sets another (spec/qemu.md 1.1). */
const QEMU_DOWNTIME_LIMIT_MS = 300;

/** Which downtime limit QEMU gets, and when (spec/kubevirt.md 1.1, 3.3, 3.4). */
export function explainDowntimeLimit(settings: MigrationSettings): string {
  const { maxDowntimeMs, stallDetector, downtimeTuning } = settings;
  if (stallDetector !== null) {
    return `${Math.min(maxDowntimeMs, QEMU_DOWNTIME_LIMIT_MS)} ms, raised when a stall is met`;
  }
  if (downtimeTuning !== null) {
    return `${Math.min(downtimeTuning.initialMs, maxDowntimeMs)} ms, raised in steps to ${maxDowntimeMs} ms`;
  }
  return `${QEMU_DOWNTIME_LIMIT_MS} ms, QEMU's own: maxDowntimeMs is not sent without a feature gate`;
}

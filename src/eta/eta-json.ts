/** `sluice eta --json`: seconds, bytes and shares under the names of docs/outputs.md. */
import type { DrainEta } from './drain-eta.js';
import type { LimitAhead } from './eta-text.js';
import type { MigrationEta } from './migration-eta.js';

export function migrationEtaJson(eta: MigrationEta, limits: readonly LimitAhead[]): object {
  return {
    guest: eta.guest,
    phase: eta.phase,
    elapsed_s: eta.elapsedUs === null ? null : eta.elapsedUs / 1e6,
    remaining_bytes: eta.remainingBytes,
    bandwidth_bytes_per_s: Math.round(eta.bandwidthBytesPerSecond),
    to_go_s: quantilesJson(eta.toGoUs),
    converges_share: eta.convergesShare,
    downtime_ms:
      eta.downtimeUs === null
        ? null
        : { p50: eta.downtimeUs.p50 / 1000, p95: eta.downtimeUs.p95 / 1000 },
    otherwise: eta.otherwise.map(({ action, reason, share, inUs, outcome }) => ({
      action,
      reason,
      share,
      in_s: inUs / 1e6,
      outcome,
    })),
    limits: limits.map(({ name, inSeconds, effect }) => ({ name, in_s: inSeconds, effect })),
    alike: eta.alike,
    policy: eta.policy,
    unknown: eta.unknown,
  };
}

export function drainEtaJson(eta: DrainEta): object {
  const { nowUs, toGoUs, ...figures } = eta;
  return { now: new Date(nowUs / 1000).toISOString(), to_go_s: quantilesJson(toGoUs), ...figures };
}

function quantilesJson(quantiles: MigrationEta['toGoUs']): object | null {
  if (quantiles === null) return null;
  const { p5, p50, p95 } = quantiles;
  return { p5: p5 / 1e6, p50: p50 / 1e6, p95: p95 / 1e6 };
}

/** What a domain's statistics say about its memory; as metrics beside a dump (spec/kubevirt.md 10). */
import { DEFAULT_DIRTY_RATE_BYTES_PER_SECOND } from '../defaults.js';
import { PAGE_BYTES } from '../units.js';
import type { Domain } from './domain.js';
import type { DomainStats, MeasuredRate } from './domstats.js';

const USUAL_HUGEPAGE_BYTES = 2_097_152;

export function hugepageBytes({ hugepages }: Domain): number | null {
  return hugepages === 'unsaid' ? USUAL_HUGEPAGE_BYTES : hugepages;
}

/** An observed workload of a fleet file. @param typical of domains without a measurement */
export function workloadOf(
  domain: Domain,
  stats: DomainStats | undefined,
  typical: MeasuredRate,
): object {
  const filled = filledBytes(domain, stats);
  const { windowSeconds, bytesPerSecond } = medianRate(stats?.dirtyRates ?? []) ?? typical;
  // A window holds no more distinct bytes than are filled.
  const rate = Math.min(bytesPerSecond, filled / windowSeconds);
  return { observed: { filled, dirtyRates: [{ window: windowSeconds, rate }] } };
}

/** Resident memory does not contain huge pages; what the balloon took away is given back as zero. */
function filledBytes(domain: Domain, stats: DomainStats | undefined): number {
  const balloon = stats?.balloonBytes ?? domain.memoryBytes;
  const resident = domain.hugepages === null ? stats?.residentBytes : null;
  const bytes = Math.min(domain.memoryBytes, balloon, resident ?? domain.memoryBytes);
  return Math.max(1, Math.round(bytes / PAGE_BYTES)) * PAGE_BYTES;
}

/** Of the domains that were measured, else the default of dumps. */
export function typicalRate(stats: readonly DomainStats[]): MeasuredRate {
  const measured = stats.flatMap(({ dirtyRates }) => medianRate(dirtyRates) ?? []);
  const usual = { windowSeconds: 1, bytesPerSecond: DEFAULT_DIRTY_RATE_BYTES_PER_SECOND };
  return medianRate(measured) ?? usual;
}

/** The lower median: always a value that was seen. */
function medianRate(rates: readonly MeasuredRate[]): MeasuredRate | null {
  const sorted = [...rates].sort(
    (a, b) => a.bytesPerSecond - b.bytesPerSecond || a.windowSeconds - b.windowSeconds,
  );
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

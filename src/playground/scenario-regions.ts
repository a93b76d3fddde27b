/** A scenario's workload: the base's regions, or its preset's, for another size, rate or phase. */
import { presetRegions, restRegion } from '../fleet/presets.js';
import { PAGE_BYTES } from '../fleet/units.js';
import type { Phase, Region } from '../fleet/workload.js';
import type { Base } from './scenario.js';
import type { Changed } from './scenario-fleet.js';
import type { Settings } from './settings.js';

const SECOND_US = 1_000_000;

export function isWritten(region: Region): boolean {
  return region.writes.kind !== 'none';
}

/** Regions of whole pages that add up to the memory. */
export function regionsOf(
  base: Base,
  settings: Settings,
  changed: Changed,
  memoryBytes: number,
): readonly Region[] {
  const regions = base.custom
    ? customRegions(settings, memoryBytes)
    : base.preset === null
      ? scaledRegions(ownRegions(base), settings, memoryBytes)
      : presetRegions(base.preset, memoryBytes, {
          rates: settings.writesFactor,
          workingSet: settings.sizeFactor,
          filled: null,
          compressed: null,
        });
  const filled = changed('filledPercent') || base.custom;
  return (filled ? withFilled(regions, settings.filledPercent / 100) : regions).map((region) =>
    isWritten(region) ? { ...region, phases: [...region.phases, ...burst(settings)] } : region,
  );
}

function ownRegions({ fleet }: Base): readonly Region[] {
  const workload = fleet.guests[0]?.workload;
  return workload?.kind === 'regions' ? workload.regions : [];
}

function burst(settings: Settings): readonly Phase[] {
  const { burstEverySeconds, burstLengthSeconds, burstFactor } = settings;
  if (burstEverySeconds === 0) return [];
  const lengthSeconds = Math.min(burstLengthSeconds, burstEverySeconds);
  return [
    {
      kind: 'periodic',
      periodUs: burstEverySeconds * SECOND_US,
      startUs: 0,
      lengthUs: lengthSeconds * SECOND_US,
      factor: burstFactor,
    },
  ];
}

function customRegions(settings: Settings, memoryBytes: number): readonly Region[] {
  const pages = memoryBytes / PAGE_BYTES;
  const hotPages = Math.round((pages * settings.hotPercent) / 100);
  const written = (name: string, count: number, perPage: number): readonly Region[] =>
    count === 0
      ? []
      : [
          {
            ...restRegion(count, count, COMPRESSED),
            name,
            writes: { kind: 'random', pagesPerSecond: count * perPage },
          },
        ];
  const filledPages = Math.round((pages * settings.filledPercent) / 100);
  const coldPages = Math.max(0, Math.min(pages - hotPages, filledPages - hotPages));
  const rest = pages - hotPages - coldPages;
  return [
    ...written('hot', hotPages, settings.hotWrites),
    ...written('cold', coldPages, settings.coldWrites),
    ...(rest > 0 ? [{ ...restRegion(rest, 0, COMPRESSED), name: 'free' }] : []),
  ];
}

const COMPRESSED = 0.5;

/**
 * The same shares of another memory; written regions then `sizeFactor` times as large, at the cost
 * of those that are not written.
 */
function scaledRegions(
  regions: readonly Region[],
  settings: Settings,
  memoryBytes: number,
): readonly Region[] {
  const ownBytes = regions.reduce((sum, region) => sum + region.bytes, 0);
  const totalPages = memoryBytes / PAGE_BYTES;
  let left = totalPages;
  const take = (region: Region, factor: number): Region => {
    const wanted = Math.round((region.bytes / ownBytes) * totalPages * factor);
    const pages = Math.min(left, wanted);
    left -= pages;
    return withPages(region, pages, settings.writesFactor);
  };
  const written = regions.filter(isWritten).map((region) => take(region, settings.sizeFactor));
  const others = regions.filter((region) => !isWritten(region));
  const othersBytes = others.reduce((sum, region) => sum + region.bytes, 0);
  const forOthers = left;
  const rest = others.map((region, i) => {
    const share = Math.round((region.bytes / othersBytes) * forOthers);
    const pages = i === others.length - 1 ? left : Math.min(left, share);
    left -= pages;
    return withPages(region, pages, 1);
  });
  const all = [...written, ...rest].filter(({ bytes }) => bytes > 0);
  return left === 0 ? all : [...all, restRegion(left, 0, COMPRESSED)];
}

function withPages(region: Region, pages: number, rates: number): Region {
  const { writes } = region;
  const factor = (pages * PAGE_BYTES * rates) / region.bytes;
  return {
    ...region,
    bytes: pages * PAGE_BYTES,
    writes:
      writes.kind === 'none'
        ? writes
        : { ...writes, pagesPerSecond: writes.pagesPerSecond * factor },
  };
}

/** Written memory is full; what is not written takes the rest of what is filled, in proportion. */
function withFilled(regions: readonly Region[], filledShare: number): readonly Region[] {
  const sum = (some: readonly Region[]) => some.reduce((bytes, region) => bytes + region.bytes, 0);
  const unwritten = sum(regions.filter((region) => !isWritten(region)));
  const written = sum(regions) - unwritten;
  const share = unwritten === 0 ? 0 : (filledShare * sum(regions) - written) / unwritten;
  return regions.map((region) =>
    isWritten(region) ? region : { ...region, filledShare: Math.min(1, Math.max(0, share)) },
  );
}

/** A guest's workload as the fleet file has it, to regions of whole pages or an observation. */
import { DEFAULT_COMPRESSED_SHARE } from '../defaults.js';
import { type PresetName, presetRegions, restRegion } from '../presets.js';
import type { Path } from '../source-document.js';
import { PAGE_BYTES } from '../units.js';
import type { Phase, Placement, Region, Workload, WriteProcess } from '../workload.js';
import { type ReadContext, wrongAt } from './context.js';
import type { PhaseField, RegionField, WorkloadField, WritesField } from './schema-workload.js';

/** What a guest does of which nothing is said. */
export const DEFAULT_PRESET: PresetName = 'idle';

export function readWorkload(
  context: ReadContext,
  path: Path,
  field: WorkloadField,
  memoryBytes: number,
): Workload {
  const fields = typeof field === 'string' ? { preset: field } : field;
  const kinds = [fields.preset, fields.regions, fields.observed];
  if (kinds.filter((kind) => kind !== undefined).length !== 1) {
    throw wrongAt(context, path, 'expected one of preset, regions and observed');
  }
  if (fields.preset === undefined && (fields.scale ?? fields.workingSet) !== undefined) {
    throw wrongAt(context, path, 'scale and workingSet belong to a preset');
  }
  if (fields.observed !== undefined) {
    const { filled, dirtyRates, compressed } = fields.observed;
    const amount = filled ?? { kind: 'share', amount: fields.filled ?? 1 };
    return {
      kind: 'observed',
      filledBytes:
        amount.kind === 'bytes' ? amount.amount : Math.round(amount.amount * memoryBytes),
      dirtyRates: dirtyRates.map(({ window, rate }) => ({
        windowSeconds: window,
        bytesPerSecond: rate,
      })),
      compressedShare: compressed ?? fields.compressed ?? DEFAULT_COMPRESSED_SHARE,
    };
  }
  if (fields.regions !== undefined) {
    const defaults = {
      filled: fields.filled ?? 1,
      compressed: fields.compressed ?? DEFAULT_COMPRESSED_SHARE,
    };
    const at = [...path, 'regions'];
    return {
      kind: 'regions',
      regions: readRegions(context, at, fields.regions, defaults, memoryBytes),
    };
  }
  const scale = {
    rates: fields.scale ?? 1,
    workingSet: fields.workingSet ?? 1,
    filled: fields.filled ?? null,
    compressed: fields.compressed ?? null,
  };
  return {
    kind: 'regions',
    regions: presetRegions(fields.preset ?? DEFAULT_PRESET, memoryBytes, scale),
  };
}

interface RegionDefaults {
  readonly filled: number;
  readonly compressed: number;
}

function readRegions(
  context: ReadContext,
  path: Path,
  fields: readonly RegionField[],
  defaults: RegionDefaults,
  memoryBytes: number,
): readonly Region[] {
  const totalPages = Math.ceil(memoryBytes / PAGE_BYTES);
  const pages = regionPages(context, path, fields, totalPages);
  const regions = fields.flatMap((field, index) => {
    const count = pages[index] ?? 0;
    return count === 0 ? [] : [readRegion(context, [...path, index], field, count, defaults)];
  });
  const claimed = pages.reduce((sum, count) => sum + count, 0);
  if (claimed === totalPages) {
    return regions;
  }
  const filled = regions.reduce(
    (sum, { bytes, filledShare }) => sum + (bytes / PAGE_BYTES) * filledShare,
    0,
  );
  const left = totalPages - claimed;
  return [...regions, restRegion(left, defaults.filled * totalPages - filled, defaults.compressed)];
}

/** Whole pages of each region; shares that add up to 100 % leave no page over. */
function regionPages(
  context: ReadContext,
  path: Path,
  fields: readonly RegionField[],
  totalPages: number,
): readonly number[] {
  let claimed = 0;
  let restIndex: number | null = null;
  const pages = fields.map(({ share, size }, index) => {
    if ((share === undefined) === (size === undefined)) {
      throw wrongAt(context, [...path, index], 'expected either share or size');
    }
    if (size === 'rest') {
      if (restIndex !== null) {
        throw wrongAt(context, [...path, index], 'only one region can be the rest');
      }
      restIndex = index;
      return 0;
    }
    const own =
      size === undefined ? Math.round((share ?? 0) * totalPages) : Math.ceil(size / PAGE_BYTES);
    claimed += own;
    return own;
  });
  const rounding = fields.filter(({ share }) => share !== undefined).length;
  const left = totalPages - claimed;
  if (left < -rounding) {
    const problem = `the regions add up to ${claimed * PAGE_BYTES} bytes, but the guest has ${totalPages * PAGE_BYTES}`;
    throw wrongAt(context, path, problem);
  }
  const shares = fields.reduce((sum, { share }) => sum + (share ?? 0), 0);
  const takes = restIndex ?? (left < 0 || Math.abs(shares - 1) < 1e-9 ? largestIndex(pages) : null);
  return pages.map((own, index) => (index === takes ? own + left : own));
}

function largestIndex(pages: readonly number[]): number {
  return pages.indexOf(Math.max(...pages));
}

function readRegion(
  context: ReadContext,
  path: Path,
  field: RegionField,
  pages: number,
  defaults: RegionDefaults,
): Region {
  return {
    name: field.name,
    bytes: pages * PAGE_BYTES,
    filledShare: field.filled ?? 1,
    compressedShare: field.compressed ?? defaults.compressed,
    placement: readPlacement(field.placement),
    writes: readWrites(context, [...path, 'writes'], field.writes ?? 'none', pages),
    phases: (field.phases ?? []).map((phase, index) =>
      readPhase(context, [...path, 'phases', index], phase),
    ),
    pacedBy: field.paced ?? 'cpu',
  };
}

function readPlacement(field: RegionField['placement']): Placement {
  if (field === undefined || field === 'spread') {
    return { kind: 'spread' };
  }
  return field === 'one-piece'
    ? { kind: 'contiguous-seeded' }
    : { kind: 'contiguous', at: field.at };
}

function readWrites(
  context: ReadContext,
  path: Path,
  field: WritesField,
  pages: number,
): WriteProcess {
  if (field === 'none') {
    return { kind: 'none' };
  }
  if (field.process === 'hotcold') {
    return readHotCold(context, path, field, pages);
  }
  const pagesPerSecond = readRate(context, path, field, pages);
  switch (field.process) {
    case 'random':
      return { kind: 'random', pagesPerSecond };
    case 'zipf':
      // YCSB's constant, close to what key-value traces show.
      return { kind: 'zipf', pagesPerSecond, exponent: field.exponent ?? 0.99 };
    case 'sweep':
      return { kind: 'sweep', pagesPerSecond, startShare: field.start ?? 0 };
  }
}

type ProcessField = Exclude<WritesField, 'none'>;

function readRate(context: ReadContext, path: Path, field: ProcessField, pages: number): number {
  const { rate, ratePerPage } = field;
  if ((rate === undefined) === (ratePerPage === undefined)) {
    throw wrongAt(context, path, `${field.process} needs either rate or ratePerPage`);
  }
  return rate ?? (ratePerPage ?? 0) * pages;
}

function readHotCold(
  context: ReadContext,
  path: Path,
  field: ProcessField,
  pages: number,
): WriteProcess {
  const { hot, hotWrites, hotRatePerPage, coldRatePerPage } = field;
  if (hot === undefined) {
    throw wrongAt(context, path, "hotcold needs hot, the share of the region's pages that are hot");
  }
  if (hotRatePerPage !== undefined && coldRatePerPage !== undefined) {
    const hotPages = hot * pages;
    const hotRate = hotPages * hotRatePerPage;
    const pagesPerSecond = hotRate + (pages - hotPages) * coldRatePerPage;
    const hotWritesShare = pagesPerSecond === 0 ? 0 : hotRate / pagesPerSecond;
    return { kind: 'hotcold', pagesPerSecond, hotShare: hot, hotWritesShare };
  }
  if (hotWrites === undefined) {
    throw wrongAt(context, path, 'hotcold needs hotWrites, or hotRatePerPage and coldRatePerPage');
  }
  const pagesPerSecond = readRate(context, path, field, pages);
  return { kind: 'hotcold', pagesPerSecond, hotShare: hot, hotWritesShare: hotWrites };
}

function readPhase(context: ReadContext, path: Path, field: PhaseField): Phase {
  const { every, start, length, from, to, factor } = field;
  if (every !== undefined && length !== undefined && from === undefined && to === undefined) {
    if (every === 0 || length > every) {
      throw wrongAt(context, path, 'length may not be more than every, nor every 0s');
    }
    return { kind: 'periodic', periodUs: every, startUs: start ?? 0, lengthUs: length, factor };
  }
  if (from !== undefined && to !== undefined && every === undefined && length === undefined) {
    if (to < from) {
      throw wrongAt(context, path, 'to lies before from');
    }
    return { kind: 'once', fromUs: from, toUs: to, factor };
  }
  throw wrongAt(context, path, 'expected every and length, or from and to');
}

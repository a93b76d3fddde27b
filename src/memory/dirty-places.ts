/**
 * Where dirty pages lie, as far as post-copy asks: runs (its discard list has one range a run) and
 * huge pages with a dirty page in them (spec/qemu.md 6). Drawn from (seed, guest, sync), the same
 * in both fidelities.
 */
import type { GuestMemory } from './guest-memory.js';
import { type Kernels, scratchFor } from './kernels.js';
import { seedHigh, seedLow, uniformOf } from './keys.js';
import { loadSweptSegment, sweepOf } from './sweep.js';
import { listUnits, type Units, unitsMax } from './units.js';

/** What the draws are keyed by. */
export interface PlacesDraw {
  readonly seed: number;
  readonly guestKey: number;
  /** The last sync. */
  readonly syncNumber: number;
}

/**
 * Runs of dirty pages in the whole guest. Of n pages with d dirty, any arrangement being as likely,
 * the number of runs is hypergeometric: the gaps between clean pages that the runs choose. Runs of
 * neighbours join with the chance that both ends are dirty.
 */
export function dirtyRuns(kernels: Kernels, memory: GuestMemory, draw: PlacesDraw): number {
  const units = listed(kernels, memory);
  let runs = 0;
  let endShare = 0;
  forEachPart(memory, units, (segment, offset, pages, dirty) => {
    const first = firstPage(memory, segment) + offset;
    const own = runsOfPart(kernels, memory, draw, segment, offset, pages, dirty);
    runs += own.runs;
    const joins = endShare * own.startShare;
    if (joins > 0 && uniformOf(draw.seed, draw.guestKey ^ draw.syncNumber, first) < joins)
      runs -= 1;
    endShare = own.endShare;
  });
  return runs;
}

interface PartRuns {
  readonly runs: number;
  /** Chance that the part's first page is dirty, given its runs; and its last. */
  readonly startShare: number;
  readonly endShare: number;
}

function runsOfPart(
  kernels: Kernels,
  memory: GuestMemory,
  draw: PlacesDraw,
  segment: number,
  offset: number,
  pages: number,
  dirty: number,
): PartRuns {
  if (dirty === 0) return { runs: 0, startShare: 0, endShare: 0 };
  if (dirty === pages) return { runs: 1, startShare: 1, endShare: 1 };
  const { exports } = kernels;
  const sweep = sweepOf(memory, segment);
  if (sweep !== null) {
    loadSweptSegment(kernels, memory, sweep, segment);
    const bits = exports.bitsDirty();
    return {
      runs: exports.countRuns(bits, pages, 0),
      startShare: exports.countRange(bits, 0, 1),
      endShare: exports.countRange(bits, pages - 1, pages),
    };
  }
  const id = firstPage(memory, segment) + offset;
  const runs = exports.drawRuns(pages, dirty, ...keyOf(draw), id);
  const share = runs / (pages - dirty + 1);
  return { runs, startShare: share, endShare: share };
}

/** Below this chance a host page is taken as dirty without drawing where its dirty pages lie. */
const CLEAN_CHANCE_MIN = 1e-15;

/** Host pages (2^k pages each, aligned) in which at least one page is dirty. */
export function dirtyHostPages(
  kernels: Kernels,
  memory: GuestMemory,
  pagesPerHostPage: number,
  draw: PlacesDraw,
): number {
  const units = listed(kernels, memory);
  let hostPages = 0;
  let lastCounted = -1;
  forEachPart(memory, units, (segment, offset, pages, dirty) => {
    if (dirty === 0) return;
    const start = firstPage(memory, segment) + offset;
    const part = hostPagesOfPart(kernels, memory, pagesPerHostPage, draw, {
      segment,
      start,
      pages,
      dirty,
    });
    hostPages += part.count - (part.first === lastCounted ? 1 : 0);
    lastCounted = part.last;
  });
  return hostPages;
}

function hostPagesOfPart(
  kernels: Kernels,
  memory: GuestMemory,
  pagesPerHostPage: number,
  draw: PlacesDraw,
  part: { segment: number; start: number; pages: number; dirty: number },
): { readonly count: number; readonly first: number; readonly last: number } {
  const { start, pages, dirty } = part;
  const { exports } = kernels;
  const hostPageOf = (page: number): number => Math.floor((start + page) / pagesPerHostPage);
  const sweep = sweepOf(memory, part.segment);
  if (sweep === null && isSurelyEverywhere(start, pages, dirty, pagesPerHostPage)) {
    const first = hostPageOf(0);
    const last = hostPageOf(pages - 1);
    return { count: last - first + 1, first, last };
  }
  if (sweep === null) exports.placeDirty(pages, dirty, ...keyOf(draw), start);
  else loadSweptSegment(kernels, memory, sweep, part.segment);
  const bits = exports.bitsDirty();
  return {
    count: exports.countGroups(
      bits,
      pages,
      start % pagesPerHostPage,
      Math.round(Math.log2(pagesPerHostPage)),
    ),
    first: hostPageOf(exports.selectSet(bits, pages, 1)),
    last: hostPageOf(exports.selectSet(bits, pages, dirty)),
  };
}

/** Whether each host page that the part touches has a dirty page of it, beyond reasonable doubt. */
function isSurelyEverywhere(
  start: number,
  pages: number,
  dirty: number,
  pagesPerHostPage: number,
): boolean {
  if (dirty === pages) return true;
  const head = Math.min(pages, pagesPerHostPage - (start % pagesPerHostPage));
  const tail = (start + pages) % pagesPerHostPage || pagesPerHostPage;
  const least = Math.min(head, tail, pages);
  return least * Math.log1p(-dirty / pages) < Math.log(CLEAN_CHANCE_MIN);
}

function listed(kernels: Kernels, memory: GuestMemory): Units {
  const { units } = scratchFor(kernels, unitsMax(memory));
  listUnits(memory, units);
  return units;
}

/** Units in order of address; a swept segment comes once and whole. */
function forEachPart(
  memory: GuestMemory,
  units: Units,
  visit: (segment: number, offset: number, pages: number, dirty: number) => void,
): void {
  let start = 0;
  while (start < units.count - 1 && !(units.segment[start] === 0 && units.offset[start] === 0)) {
    start += 1;
  }
  for (let i = 0; i < units.count; i += 1) {
    const at = (start + i) % units.count;
    const segment = units.segment[at] as number;
    const offset = units.offset[at] as number;
    if (sweepOf(memory, segment) === null) {
      visit(segment, offset, units.pages[at] as number, units.dirty[at] as number);
    } else if (offset === 0) {
      const pages = memory.layout.segments.pages[segment] as number;
      visit(segment, 0, pages, memory.dirty[segment] as number);
    }
  }
}

function firstPage(memory: GuestMemory, segment: number): number {
  return memory.layout.segments.startPage[segment] as number;
}

function keyOf(draw: PlacesDraw): [number, number, number, number] {
  return [seedLow(draw.seed), seedHigh(draw.seed), draw.guestKey, draw.syncNumber];
}

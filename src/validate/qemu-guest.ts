/** The recorded guest's memory and writer, as regions of the model. */
import type { Phase, Region, WriteProcess } from '../fleet/workload.js';
import type { IntensityTimeline } from '../memory/round-task.js';
import type { WrittenPages } from '../qemu/dirty-limit.js';
import { SPARSE_COMPRESSED_SHARE } from './qemu-constants.js';
import { actionsDone, recordedCompression } from './qemu-recorded.js';
import type { QemuRun } from './qemu-run.js';

const PAGE_BYTES = 4096;
const PAGES_PER_MIB = 256;
/** QEMU's own blocks beside the guest's RAM (data/qemu/README.md), and how many have content. */
const FIRMWARE_PAGES = 130;
const FIRMWARE_CONTENT_PAGES = 80;
/** The bare-metal guest itself: code and data at 1 MiB, of which it keeps writing a few pages. */
const KERNEL_PAGE = 256;
const KERNEL_PAGES = 40;
const KERNEL_WRITTEN_PAGES = 3;
const KERNEL_WRITES_PER_SECOND = 3000;

export interface RecordedGuest {
  readonly memoryBytes: number;
  readonly regions: readonly Region[];
  readonly intensity: IntensityTimeline;
}

interface Stretch {
  readonly fromPage: number;
  readonly toPage: number;
  readonly filledShare: number;
  readonly writes: WriteProcess;
  readonly phases: readonly Phase[];
}

/** Regions at their recorded places, back to back, and the writer's speed over time. */
export function recordedGuest(run: QemuRun): RecordedGuest {
  const { config } = run;
  const ramPages = config.ram_mib * PAGES_PER_MIB;
  const pages = ramPages + FIRMWARE_PAGES;
  const own: Stretch[] = [
    stretch(KERNEL_PAGE, KERNEL_WRITTEN_PAGES, 1, {
      kind: 'random',
      pagesPerSecond: KERNEL_WRITES_PER_SECOND,
    }),
    stretch(KERNEL_PAGE + KERNEL_WRITTEN_PAGES, KERNEL_PAGES - KERNEL_WRITTEN_PAGES, 1),
    stretch(ramPages, FIRMWARE_CONTENT_PAGES, 1),
  ];
  const written = workingSet(run);
  const fills = fillRanges(run).map(([from, count]) => stretch(from, count, 1));
  const stretches = layered(pages, [...written, ...own, ...fills]);
  return {
    memoryBytes: pages * PAGE_BYTES,
    regions: stretches.map((one) => region(run, one, pages)),
    intensity: writerSpeed(run),
  };
}

function stretch(
  from: number,
  count: number,
  filledShare: number,
  writes: WriteProcess = { kind: 'none' },
  phases: readonly Phase[] = [],
): Stretch {
  return { fromPage: from, toPage: from + count, filledShare, writes, phases };
}

function fillRanges({ config }: QemuRun): readonly (readonly [number, number])[] {
  return (
    config.memory?.fill_ranges ?? [
      [config.fill_base_page, config.fill_pages],
      [config.fill2_base_page, config.fill2_pages],
    ]
  );
}

/** The pages that the writer writes, at intensity 1: its rate before the migration. */
function workingSet(run: QemuRun): readonly Stretch[] {
  const { config } = run;
  if (!writes(run)) return [];
  const stages = writerStages(run);
  if (stages.some(({ pages }) => pages !== config.ws_pages)) return resizedWorkingSet(run, stages);
  const pagesPerSecond = usualRate(stages);
  const process = writeProcess(run, pagesPerSecond);
  const phases = stagePhases(stages, ({ rate }) => rate / pagesPerSecond);
  return [stretch(config.ws_base_page, config.ws_pages, 1, process, phases)];
}

/** Whether its writer ever writes. */
export function writes(run: QemuRun): boolean {
  const { pattern, ws_pages } = run.config;
  return pattern !== 'idle' && ws_pages > 0 && writerStages(run).some(({ rate }) => rate > 0);
}

/** The rate before the migration; of a writer that began later, its highest. */
function usualRate(stages: readonly Stage[]): number {
  const before = stages[0]?.rate ?? 0;
  return before > 0 ? before : Math.max(...stages.map(({ rate }) => rate));
}

/** What the writer was told: `serial rN` its rate, `wN` its working set. */
interface Stage {
  readonly fromUs: number;
  readonly rate: number;
  readonly pages: number;
}

function writerStages(run: QemuRun): readonly Stage[] {
  const { config, before } = run;
  if (config.pace === 'cpu') return [{ fromUs: 0, rate: 1, pages: config.ws_pages }];
  const rate = config.rate > 0 ? before.rate_guest_clock : 0;
  let stage: Stage = { fromUs: 0, rate, pages: config.ws_pages };
  const stages = [stage];
  for (const action of actionsDone(run)) {
    if (action.do !== 'serial') continue;
    const value = Number.parseInt(action.text.slice(1), 10);
    const told = action.text.startsWith('r') ? { rate: value } : { pages: value };
    stage = { ...stage, ...told, fromUs: Math.round(action.at * 1e6) };
    stages.push(stage);
  }
  return stages;
}

function stagePhases(
  stages: readonly Stage[],
  factorOf: (stage: Stage) => number,
): readonly Phase[] {
  if (stages.length === 1) return [];
  return stages.map((stage, i) => ({
    kind: 'once',
    fromUs: stage.fromUs,
    toUs: stages[i + 1]?.fromUs ?? Number.MAX_SAFE_INTEGER,
    factor: factorOf(stage),
  }));
}

/** Pieces of the largest working set; each is written while the one in force reaches it. */
function resizedWorkingSet({ config }: QemuRun, stages: readonly Stage[]): readonly Stretch[] {
  const hotPages = config.pattern === 'hotcold' ? config.hot_pages : 0;
  const hotShare = config.pattern === 'hotcold' ? config.hot_permille / 1000 : 0;
  const ends = [...new Set([hotPages, ...stages.map(({ pages }) => pages)])].sort((a, b) => a - b);
  return ends.flatMap((end, i) => {
    const from = ends[i - 1] ?? 0;
    if (end === from) return [];
    const isHot = end === hotPages;
    const process: WriteProcess = { kind: 'random', pagesPerSecond: end - from };
    const phases = stagePhases(stages, ({ rate, pages }) => {
      if (pages < end) return 0;
      return isHot ? (rate * hotShare) / hotPages : (rate * (1 - hotShare)) / (pages - hotPages);
    });
    return [stretch(config.ws_base_page + from, end - from, 1, process, phases)];
  });
}

function writeProcess(run: QemuRun, pagesPerSecond: number): WriteProcess {
  const { config } = run;
  switch (config.pattern) {
    case 'idle':
      return { kind: 'none' };
    case 'rand':
      return { kind: 'random', pagesPerSecond };
    case 'hotcold':
      return {
        kind: 'hotcold',
        pagesPerSecond,
        hotShare: config.hot_pages / config.ws_pages,
        hotWritesShare: config.hot_permille / 1000,
      };
    case 'seq': {
      const page = run.guest_writes_at_start % config.ws_pages;
      return { kind: 'sweep', pagesPerSecond, startShare: (page + 0.5) / config.ws_pages };
    }
  }
}

/** What fills the dirty ring while the vCPU runs: the writer at its rate before the migration. */
export function ringWriters({ config, before }: QemuRun): readonly WrittenPages[] {
  const { pattern, ws_pages, hot_pages, hot_permille } = config;
  if (pattern === 'idle' || ws_pages === 0) return [];
  const of = (pages: number, writesShare: number): WrittenPages => ({
    pages,
    writesPerPagePerSecond: (before.rate_guest_clock * writesShare) / pages,
    inOrder: pattern === 'seq',
  });
  if (pattern !== 'hotcold') return [of(ws_pages, 1)];
  const hotShare = hot_permille / 1000;
  return [of(hot_pages, hotShare), of(ws_pages - hot_pages, 1 - hotShare)].filter(
    ({ pages }) => pages > 0,
  );
}

/** Lays stretches over zero memory, the earlier ones of the list on top. */
function layered(pages: number, stretches: readonly Stretch[]): readonly Stretch[] {
  const edges = new Set([0, pages]);
  for (const one of stretches) {
    if (one.fromPage < one.toPage) edges.add(one.fromPage).add(Math.min(pages, one.toPage));
  }
  const sorted = [...edges].sort((a, b) => a - b);
  const laid: Stretch[] = [];
  sorted.slice(0, -1).forEach((fromPage, i) => {
    const toPage = sorted[i + 1] as number;
    const top = stretches.find((one) => one.fromPage <= fromPage && toPage <= one.toPage);
    const next = { ...(top ?? stretch(fromPage, 0, 0)), fromPage, toPage };
    const last = laid.at(-1);
    const goesOn =
      last !== undefined && last.writes === next.writes && last.filledShare === next.filledShare;
    if (goesOn) laid[laid.length - 1] = { ...last, toPage };
    else laid.push(next);
  });
  return laid;
}

function region(run: QemuRun, one: Stretch, pages: number): Region {
  const count = one.toPage - one.fromPage;
  const isWorkingSet = one.writes.kind !== 'none' && one.fromPage !== KERNEL_PAGE;
  return {
    name: `pages ${one.fromPage}`,
    bytes: count * PAGE_BYTES,
    filledShare: one.filledShare,
    compressedShare: run.config.fillmode === 0 ? sparseShare(run) : 1,
    placement: { kind: 'contiguous', at: count === pages ? 0 : one.fromPage / (pages - count) },
    writes: one.writes,
    phases: one.phases,
    pacedBy: isWorkingSet && run.config.pace === 'cpu' ? 'cpu' : 'clock',
  };
}

function sparseShare(run: QemuRun): number {
  const compression = recordedCompression(run);
  return compression === 'none' ? 1 : SPARSE_COMPRESSED_SHARE[compression];
}

/** For a writer of pace cpu: its own count of writes, as a rate between the trace's rows. */
function writerSpeed(run: QemuRun): IntensityTimeline {
  const still: IntensityTimeline = { fromUs: [0], cpuFactor: [1], clockFactor: [1] };
  const { trace } = run;
  if (run.config.pace === 'clock' || trace === undefined) return still;
  const tColumn = trace.columns.indexOf('t');
  const writesColumn = trace.columns.indexOf('guest_writes');
  const fromUs: number[] = [0];
  const factors: number[] = [];
  let lastUs = 0;
  let lastWrites = run.guest_writes_at_start;
  for (const row of trace.rows) {
    const t = row[tColumn];
    const writes = row[writesColumn];
    if (typeof t !== 'number' || typeof writes !== 'number') continue;
    const us = Math.round(t * 1e6);
    // Rows with a standing counter are joined: it is read at its own instants.
    if (us <= lastUs || writes === lastWrites) continue;
    factors.push((((((writes - lastWrites) % 2 ** 32) + 2 ** 32) % 2 ** 32) / (us - lastUs)) * 1e6);
    fromUs.push(us);
    lastUs = us;
    lastWrites = writes;
  }
  factors.push(factors.at(-1) ?? run.before.rate_guest_clock);
  return { fromUs, cpuFactor: factors, clockFactor: factors.map(() => 1) };
}

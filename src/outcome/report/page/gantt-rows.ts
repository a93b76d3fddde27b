/** Which bar of the drain stands in which row: by node, and in a node by lane or by guest. */
import type { PageGuest, PageRun } from './page-run.js';

/** `lanes`: a node has as many rows as it has migrations at once. `guests`: each guest its own. */
export type GanttRowsMode = 'lanes' | 'guests';

export interface GanttBar {
  readonly row: number;
  readonly fromS: number;
  readonly toS: number;
  /** `stay`: a guest that no migration was made for. */
  readonly kind: 'queue' | 'run' | 'stay';
  /** A migration's, or a guest's that stays. */
  readonly outcome: string;
  readonly guest: PageGuest;
  /** 0 for a guest that stays. */
  readonly attempt: number;
}

export interface GanttBand {
  readonly node: string;
  readonly fromRow: number;
  /** One past its last. */
  readonly toRow: number;
}

export interface GanttRows {
  readonly bars: readonly GanttBar[];
  /** By node, top to bottom. */
  readonly bands: readonly GanttBand[];
  /** The guest of each row, with `guests`; empty with `lanes`. */
  readonly names: readonly string[];
  readonly rows: number;
}

export function ganttRows(run: PageRun, mode: GanttRowsMode): GanttRows {
  const bars: GanttBar[] = [];
  const bands: GanttBand[] = [];
  const names: string[] = [];
  let row = 0;
  for (const [node, guests] of guestsByNode(run)) {
    const ordered = [...guests].sort(
      (a, b) => firstS(a, run) - firstS(b, run) || (a.id < b.id ? -1 : 1),
    );
    const own =
      mode === 'lanes'
        ? laneBars(ordered.flatMap((guest) => barsOf(guest, run, false)))
        : ordered.flatMap((guest, i) =>
            barsOf(guest, run, true).map((bar) => ({ ...bar, row: i })),
          );
    const height =
      mode === 'guests'
        ? ordered.length
        : 1 + own.reduce((most, bar) => Math.max(most, bar.row), 0);
    if (mode === 'guests') names.push(...ordered.map(({ id }) => id));
    for (const bar of own) bars.push({ ...bar, row: bar.row + row });
    bands.push({ node, fromRow: row, toRow: row + height });
    row += height;
  }
  return { bars, bands, names, rows: row };
}

/** Nodes as people number them: node-2 before node-10. */
const byName = new Intl.Collator('en', { numeric: true });

function guestsByNode(run: PageRun): readonly (readonly [string, readonly PageGuest[]])[] {
  const nodes = new Map<string, PageGuest[]>();
  for (const guest of run.guests) {
    const there = nodes.get(guest.source);
    if (there === undefined) nodes.set(guest.source, [guest]);
    else there.push(guest);
  }
  return [...nodes].sort(([a], [b]) => byName.compare(a, b));
}

function firstS(guest: PageGuest, run: PageRun): number {
  const first = guest.migrations[0];
  return first === undefined ? run.toS : (first.startedS ?? first.createdS);
}

function barsOf(guest: PageGuest, run: PageRun, withQueue: boolean): readonly GanttBar[] {
  if (guest.migrations.length === 0) {
    const { outcome } = guest;
    return [{ row: 0, fromS: run.fromS, toS: run.toS, kind: 'stay', outcome, guest, attempt: 0 }];
  }
  return guest.migrations.flatMap(({ createdS, startedS, endedS, outcome, attempt }) => {
    const bar = { row: 0, outcome, guest, attempt };
    const waited: GanttBar = { ...bar, kind: 'queue', fromS: createdS, toS: startedS ?? endedS };
    const ran: GanttBar[] =
      startedS === null ? [] : [{ ...bar, kind: 'run', fromS: startedS, toS: endedS }];
    return withQueue || ran.length === 0 ? [waited, ...ran] : ran;
  });
}

/** Each bar into the first lane that is free again when it begins. */
function laneBars(bars: readonly GanttBar[]): readonly GanttBar[] {
  const freeFromS: number[] = [];
  return [...bars]
    .sort((a, b) => a.fromS - b.fromS)
    .map((bar) => {
      const free = freeFromS.findIndex((at) => at <= bar.fromS);
      const row = free < 0 ? freeFromS.length : free;
      freeFromS[row] = bar.toS;
      return { ...bar, row };
    });
}

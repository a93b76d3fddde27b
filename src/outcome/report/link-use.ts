/** links.csv in steps that fit a screen: few enough to draw, wide enough to read. */
import type { Columns, LinkUse, linkFields } from './run-tables.js';

/** A step is some three pixels wide on a laptop. */
const STEPS_MOST = 240;
const LINKS_MOST = 300;

interface Cell {
  readonly link: string;
  readonly step: number;
  bytes: number;
  background: number;
  /** What the link could have carried in the parts of the step that have a row. */
  capacity: number;
  saturatedS: number;
}

/** Links by what was sent over them at their busiest, then by name. */
export function linkUse(rows: Columns<typeof linkFields>): LinkUse {
  const fromS = rows.from_s.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const toS = rows.to_s.reduce((most, at) => Math.max(most, at), 0);
  const ownS = rows.from_s.reduce(
    (least, at, i) => Math.max(least, (rows.to_s[i] ?? at) - at),
    Number.MIN_VALUE,
  );
  if (rows.link.length === 0) return EMPTY;
  const stepS = ownS * Math.max(1, Math.ceil((toS - fromS) / ownS / STEPS_MOST));
  const cells = cellsOf(rows, fromS, stepS);
  const busiest = byPeak(cells, stepS);
  const links = busiest.slice(0, LINKS_MOST);
  const place = new Map(links.map((link, i) => [link, i]));
  const told = cells.filter(({ link }) => place.has(link));
  const share = (part: number, whole: number): number =>
    whole > 0 ? Math.min(1000, Math.round((1000 * part) / whole)) : 0;
  return {
    links,
    leftOut: busiest.length - links.length,
    fromS,
    stepS,
    steps: Math.max(1, Math.ceil((toS - fromS) / stepS - 1e-9)),
    link: told.map(({ link }) => place.get(link) ?? 0),
    step: told.map(({ step }) => step),
    migrations: told.map((cell) => share(cell.bytes, cell.capacity)),
    background: told.map((cell) => share(cell.background, cell.capacity)),
    saturated: told.map((cell) => share(cell.saturatedS, stepS)),
  };
}

const EMPTY: LinkUse = {
  links: [],
  leftOut: 0,
  fromS: 0,
  stepS: 1,
  steps: 0,
  link: [],
  step: [],
  migrations: [],
  background: [],
  saturated: [],
};

function cellsOf(rows: Columns<typeof linkFields>, fromS: number, stepS: number): readonly Cell[] {
  const cells = new Map<string, Cell>();
  rows.link.forEach((link, i) => {
    const at = rows.from_s[i] ?? 0;
    const step = Math.floor((at - fromS) / stepS + 1e-9);
    const key = `${step} ${link}`;
    const cell = cells.get(key) ?? {
      link,
      step,
      bytes: 0,
      background: 0,
      capacity: 0,
      saturatedS: 0,
    };
    cell.bytes += rows.bytes[i] ?? 0;
    cell.background += rows.background_bytes[i] ?? 0;
    cell.capacity += (rows.capacity_bytes_per_s[i] ?? 0) * ((rows.to_s[i] ?? at) - at);
    cell.saturatedS += rows.saturated_s[i] ?? 0;
    cells.set(key, cell);
  });
  return [...cells.values()];
}

function byPeak(cells: readonly Cell[], stepS: number): readonly string[] {
  const peaks = new Map<string, number>();
  for (const { link, bytes, capacity, saturatedS } of cells) {
    const use = (capacity > 0 ? bytes / capacity : 0) + saturatedS / stepS;
    peaks.set(link, Math.max(peaks.get(link) ?? 0, use));
  }
  return [...peaks].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([link]) => link);
}

/** A sweep for a terminal and for programs. */
import { escapeControls } from '../fleet/input-error.js';
import { bytesText, countText, durationText } from '../outcome/quantity-text.js';
import { tableLines } from '../outcome/text-table.js';
import { FIGURES, figureColumnName } from './figures.js';
import type { Spread } from './spread.js';
import { type SweepTables, spreadsOf } from './sweep-tables.js';

const ROWS_TOLD = 40;

/** The scenarios with their means; the intervals say how far to trust them. */
export function sweepLines(tables: SweepTables): readonly string[] {
  const { fleetName, fidelity, paths, seeds } = tables;
  const scenarios = [...tables.scenarios].sort((a, b) => a.scenario.number - b.scenario.number);
  const columns = [
    ...paths.map((path) => ({ title: path.split('.').at(-1) ?? path, align: 'left' as const })),
    ...TOLD.map(({ title }) => ({ title, align: 'right' as const })),
  ];
  const rows = scenarios.slice(0, ROWS_TOLD).map(({ scenario, replicas }) => {
    const spreads = spreadsOf(replicas);
    return [
      ...scenario.settings.map(({ value }) => value),
      ...TOLD.map(({ figure, text }) => text(spreads[indexOf(figure)] ?? null)),
    ];
  });
  const what = `${countText(scenarios.length, 'scenario')} × ${countText(seeds.length, 'replica')}`;
  const rest = scenarios.length - rows.length;
  return [
    `${what} (fleet ${fleetName}, ${fidelity} fidelity); means with their 95 % confidence intervals`,
    '',
    ...tableLines(columns, rows),
    ...(rest > 0 ? [`… and ${countText(rest, 'more scenario')} in summary.csv`] : []),
  ].map(escapeControls);
}

const TOLD: readonly {
  readonly title: string;
  readonly figure: string;
  readonly text: (spread: Spread | null) => string;
}[] = [
  { title: 'drain time', figure: 'drain_time', text: withInterval },
  { title: 'downtime p99', figure: 'downtime_p99', text: withInterval },
  { title: 'failures', figure: 'failures', text: plain },
  { title: 'left behind', figure: 'guests_behind', text: plain },
  { title: 'degraded', figure: 'degraded', text: withInterval },
  { title: 'on the wire', figure: 'wire', text: (s) => (s === null ? '' : bytesText(s.mean)) },
];

function withInterval(spread: Spread | null): string {
  if (spread === null) return '';
  const { mean, interval } = spread;
  if (interval === null) return durationText(mean);
  return `${durationText(mean)} ± ${durationText(interval.high - mean)}`;
}

function plain(spread: Spread | null): string {
  return spread === null ? '' : String(Number(spread.mean.toFixed(1)));
}

function indexOf(name: string): number {
  return FIGURES.findIndex((figure) => figure.name === name);
}

/** summary.csv as JSON: seconds, milliseconds and bytes as the names say. */
export function sweepJson(tables: SweepTables): object {
  const { fleetName, fidelity, seeds } = tables;
  const scenarios = [...tables.scenarios].sort((a, b) => a.scenario.number - b.scenario.number);
  return {
    fleet: fleetName,
    fidelity,
    seeds,
    scenarios: scenarios.map(({ scenario, replicas }) => ({
      scenario: scenario.number,
      settings: Object.fromEntries(scenario.settings.map(({ path, value }) => [path, value])),
      ...Object.fromEntries(
        spreadsOf(replicas).flatMap((spread, index) => {
          const figure = FIGURES[index];
          if (figure === undefined || !figure.told) return [];
          return [[figureColumnName(figure), spread === null ? null : inUnit(spread, figure.unit)]];
        }),
      ),
    })),
  };
}

function inUnit(spread: Spread, unit: string): object {
  const scale = unit === 's' ? 1e6 : unit === 'ms' ? 1000 : 1;
  const { mean, p50, p95, interval } = spread;
  return {
    mean: mean / scale,
    p50: p50 / scale,
    p95: p95 / scale,
    low: interval === null ? null : interval.low / scale,
    high: interval === null ? null : interval.high / scale,
  };
}

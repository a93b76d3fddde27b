/** A comparison for a terminal and for programs. */
import { escapeControls } from '../fleet/input-error.js';
import { bytesText, countText, durationText } from '../outcome/quantity-text.js';
import { tableLines } from '../outcome/text-table.js';
import type { Comparison, FigureChange, ScenarioComparison } from './compare.js';

const COLUMNS = [
  { title: 'figure', align: 'left' },
  { title: 'before', align: 'right' },
  { title: 'after', align: 'right' },
  { title: 'change', align: 'right' },
  { title: '95 % interval', align: 'right' },
  { title: 'verdict', align: 'left' },
] as const;

/** Told even when nothing about them changed. */
const ALWAYS = ['drain_time_s', 'downtime_p99_ms', 'guests_moved', 'wire_bytes'];

export function comparisonLines(
  comparison: Comparison,
  names: { readonly before: string; readonly after: string },
): readonly string[] {
  const lines = comparison.scenarios.flatMap((scenario) => scenarioLines(scenario));
  const { length } = comparison.unmatched;
  const rest = length === 0 ? [] : ['', `Only in one of the two: ${countText(length, 'scenario')}`];
  return [`${names.before} against ${names.after}`, ...lines, ...rest].map(escapeControls);
}

function scenarioLines({ settings, changes }: ScenarioComparison): readonly string[] {
  const told = changes.filter(
    ({ figure, difference, verdict }) =>
      difference.mean !== 0 || verdict !== 'unbounded' || ALWAYS.includes(figure),
  );
  const [first] = told;
  const how = first === undefined ? '' : `${countText(first.replicas, 'replica')}${pairing(first)}`;
  const title = settings === '' ? how : `${settings} (${how})`;
  return ['', title, ...tableLines(COLUMNS, told.map(cells)).map((line) => `  ${line}`)];
}

function pairing({ paired, replicas }: FigureChange): string {
  if (replicas < 2) return ', too few to say what chance did';
  return paired ? ' of the same seeds' : ' of different seeds';
}

function cells(change: FigureChange): readonly string[] {
  const { figure, before, after, difference } = change;
  const { interval } = difference;
  const range = interval === null ? '' : `${signed(interval.low)} to ${signed(interval.high)}`;
  return [
    figure,
    ...[before, after].map((value) => amountText(figure, value)),
    share(change),
    range,
    word(change),
  ];

  function signed(value: number): string {
    const sign = value < 0 ? '−' : value > 0 ? '+' : '';
    return `${sign}${amountText(figure, Math.abs(value))}`;
  }
}

function share({ before, difference }: FigureChange): string {
  if (difference.mean === 0) return 'none';
  if (before === 0) return difference.mean > 0 ? 'from 0' : 'below 0';
  const percent = (100 * difference.mean) / Math.abs(before);
  const places = Math.abs(percent) < 10 ? 2 : 0;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(places)} %`;
}

function word({ verdict, significant, difference }: FigureChange): string {
  switch (verdict) {
    case 'past':
      return 'past its bound';
    case 'past-by-chance':
      return 'past its bound, but chance explains it';
    case 'within':
      return 'within its bound';
    case 'unbounded':
      return difference.mean === 0 || significant === null ? '' : significant ? 'real' : 'chance';
  }
}

function amountText(figure: string, value: number): string {
  if (figure.endsWith('_s')) return durationText(value * 1e6);
  if (figure.endsWith('_ms')) return durationText(value * 1000);
  if (figure.endsWith('_bytes')) return bytesText(value);
  return String(Number(value.toFixed(3)));
}

/** All figures, in the units of their names. */
export function comparisonJson(comparison: Comparison): object {
  return {
    scenarios: comparison.scenarios.map(({ settings, changes }) => ({
      settings,
      figures: Object.fromEntries(
        changes.map(({ figure, before, after, difference, replicas, paired, verdict }) => [
          figure,
          {
            before,
            after,
            change: difference.mean,
            low: difference.interval?.low ?? null,
            high: difference.interval?.high ?? null,
            p_value: difference.pValue,
            replicas,
            paired,
            verdict,
          },
        ]),
      ),
    })),
    unmatched: comparison.unmatched,
  };
}

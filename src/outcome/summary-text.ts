/** What an operator reads when a run ends. */
import { escapeControls } from '../fleet/input-error.js';
import { type AdviceWords, adviceFor } from './advice.js';
import { bytesText, countText, durationText, percentText } from './quantity-text.js';
import {
  type CauseTotal,
  FAIL_CAUSES,
  GUEST_OUTCOMES,
  MIGRATION_OUTCOMES,
  SLOW_CAUSES,
  type Summary,
} from './summary.js';
import { verdictText } from './verdict.js';

const REASONS_TOLD = 6;
/** Waiting below it is rounding and round ends. */
const WORTH_TELLING_US = 1_000_000;

/** Lines without a line break at their end; text from the input is escaped. */
export function summaryLines(summary: Summary, words: AdviceWords): readonly string[] {
  return [
    headline(summary),
    '',
    ...section('Guests', [
      `${summary.guests} to leave: ${counts(GUEST_OUTCOMES, (o) => summary.guestOutcomes[o])}`,
      ...movesLines(summary),
      ...reasonLines(summary),
    ]),
    ...section('Migrations', [
      `${summary.migrations}: ${counts(MIGRATION_OUTCOMES, (o) => summary.migrationOutcomes[o])}`,
    ]),
    ...section('Downtime', [downtimeLine(summary)]),
    ...section('Traffic', [trafficLine(summary)]),
    ...section('Receivers', receiverLines(summary)),
    ...section('Busiest links', linkLines(summary)),
    ...section('Links', bottleneckLines(summary)),
    ...section('Waited for', waitLines(summary)),
    ...section(
      'Slow by',
      causeLines(SLOW_CAUSES, (cause) => summary.slow[cause]),
    ),
    ...section(
      'Failed by',
      causeLines(FAIL_CAUSES, (cause) => summary.failed[cause]),
    ),
    '',
    'What to look at next',
    ...adviceFor(summary, words).map((advice) => `  - ${escapeControls(advice)}`),
  ];
}

function headline(summary: Summary): string {
  const run = `fleet ${summary.fleet}, seed ${summary.seed}, ${summary.fidelity} fidelity`;
  const end = { ...summary, guestsMoved: summary.guestOutcomes.moved };
  return escapeControls(`${verdictText(end)} (${run})`);
}

function movesLines(summary: Summary): readonly string[] {
  if (summary.guestsMovedAgain === 0) return [];
  const again = countText(summary.guestsMovedAgain, 'guest');
  return [`${summary.guestMoves} moves: ${again} moved more than once`];
}

function reasonLines(summary: Summary): readonly string[] {
  const told = summary.reasons.slice(0, REASONS_TOLD).map((reason) => {
    const why = reason.reason === '' ? 'no reason given' : reason.reason;
    return `  ${reason.guests} ${reason.outcome}: ${why} (${example(reason.guests, reason.example)})`;
  });
  const rest = summary.reasons.length - told.length;
  return rest > 0 ? [...told, `  … and ${countText(rest, 'more reason')} in guests.csv`] : told;
}

function example(guests: number, name: string): string {
  return guests === 1 ? name : `such as ${name}`;
}

function downtimeLine(summary: Summary): string {
  const downtime = summary.downtime;
  if (downtime === null) return 'no guest was switched over';
  const median = `median ${durationText(downtime.medianUs)}`;
  const p99 = `p99 ${durationText(downtime.p99Us)}`;
  return `${median}, ${p99}, worst ${durationText(downtime.worstUs)} (${downtime.worstGuest})`;
}

function trafficLine(summary: Summary): string {
  const storage = Number(summary.storageBytes);
  const disks = storage > 0 ? `, ${bytesText(storage)} of it disks` : '';
  return `${bytesText(Number(summary.wireBytes))} on the wire${disks}`;
}

function linkLines(summary: Summary): readonly string[] {
  const width = Math.max(0, ...summary.busiestLinks.map((link) => link.link.length));
  return summary.busiestLinks.map((link) => {
    const mean = percentText(link.meanUtilisation).padStart(5);
    return `${link.link.padEnd(width)} ${mean} on average, ${percentText(link.peakUtilisation)} at its peak`;
  });
}

function receiverLines({ balance }: Summary): readonly string[] {
  if (balance.inboundPeak === 0) return [];
  const most = `at most ${balance.inboundPeak} at once into one node (${balance.inboundPeakNode})`;
  const { memoryPeakShare: share, memoryPeakNode: node } = balance;
  if (share === null) return [most];
  return [`${most}; fullest ${node}, ${percentText(share)} of its memory asked for`];
}

/** Of all waiting of all migrations; the causes of a migration are in migrations.csv. */
function waitLines({ waitedFor }: Summary): readonly string[] {
  return waitedFor.map(({ what, waitedUs, share }) => {
    return `${percentText(share).padStart(5)} of the waiting: ${what} (${durationText(waitedUs)})`;
  });
}

/** Seconds of a migration, so that two that wait for a second make two. */
function bottleneckLines(summary: Summary): readonly string[] {
  const told = summary.bottlenecks.filter((one) => one.waitedUs >= WORTH_TELLING_US);
  const width = Math.max(0, ...told.map((one) => one.link.length));
  return told.map((one) => {
    const share = percentText(one.share).padStart(5);
    const waited = `${durationText(one.waitedUs)} of migrations' time`;
    return `${one.link.padEnd(width)} ${share} of the waiting for links: ${waited}, full for ${durationText(one.fullUs)}`;
  });
}

function causeLines<Cause extends string>(
  causes: readonly Cause[],
  totalOf: (cause: Cause) => CauseTotal,
): readonly string[] {
  return causes
    .map((cause) => ({ cause, total: totalOf(cause) }))
    .filter(({ total }) => total.migrations > 0)
    .sort((a, b) => b.total.migrations - a.total.migrations)
    .map(({ cause, total }) => {
      const time = durationText(total.elapsedUs);
      return `${cause}: ${countText(total.migrations, 'migration')}, ${time} in all`;
    });
}

function counts<Key extends string>(keys: readonly Key[], countOf: (key: Key) => number): string {
  const told = keys.filter((key) => countOf(key) > 0).map((key) => `${countOf(key)} ${key}`);
  return told.length === 0 ? 'none' : told.join(', ');
}

const TITLE_WIDTH = 15;

/** Title before the first line, the rest below it; nothing at all for no lines. */
function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.map(
    (line, i) => `${(i === 0 ? title : '').padEnd(TITLE_WIDTH)}${escapeControls(line)}`,
  );
}

/** What to look at next: the few findings of a run that ask for a person's decision, worst first. */
import { countText, durationText, percentText } from './quantity-text.js';
import type { Summary } from './summary.js';

/** A link this busy holds its migrations up. */
const SATURATED_SHARE = 0.95;
/** So does one that was full for such a part of the drain, shorter than a step of links.csv. */
const LONG_FULL_SHARE = 0.1;
const REASONS_TOLD = 3;
/** A pause that clients of most services notice as an error rather than as a delay. */
const LONG_DOWNTIME_US = 1_000_000;

/** What the commands that are advised are about. */
export interface AdviceWords {
  /** The fleet's files and what completes them, as on a command line. */
  readonly inputs: string;
  /** The options that chose the nodes to drain, with a space before each. */
  readonly drain: string;
  /** How to name nodes to drain. */
  readonly drainHint: string;
  /** The fleet file that a dump has first to be made into for `--set`; null: it is one. */
  readonly importTo: string | null;
}

/** At least one line. */
export function adviceFor(summary: Summary, words: AdviceWords): readonly string[] {
  if (summary.nodes === 0 && summary.guests === 0) {
    return [`no node was drained: name some with ${words.drainHint}`];
  }
  const advice = [
    ...lostGuests(summary),
    ...guestsThatStay(summary, words),
    ...failures(summary, words),
    ...slowness(summary, words),
    ...longDowntime(summary, words),
  ];
  if (advice.length > 0) return advice;
  return [
    'nothing stands out; migrations.csv has a row for each migration, --rounds adds each round',
  ];
}

function lostGuests(summary: Summary): readonly string[] {
  const lost = summary.guestOutcomes.lost;
  if (lost === 0) return [];
  const reasons = summary.reasons.filter(({ outcome }) => outcome === 'lost');
  const told = reasons.slice(0, REASONS_TOLD).map(({ reason }) => reason);
  const more = reasons.length > told.length ? ', …' : '';
  return [`${countText(lost, 'guest')} lost: ${told.join('; ')}${more} (guests.csv)`];
}

function guestsThatStay(summary: Summary, { inputs, drain }: AdviceWords): readonly string[] {
  const { restarted, unschedulable, waiting } = summary.guestOutcomes;
  const advice: string[] = [];
  if (summary.guestOutcomes['not-movable'] > 0) {
    const guests = countText(summary.guestOutcomes['not-movable'], 'guest');
    const check = `sluice check ${inputs}${drain}`;
    advice.push(`${guests} cannot migrate and will block the drain: "${check}" says what to do`);
  }
  if (unschedulable > 0) {
    const guests = countText(unschedulable, 'guest');
    advice.push(`${guests} found no node to go to: the reasons in guests.csv say what was short`);
  }
  if (waiting > 0) {
    advice.push(`${countText(waiting, 'guest')} still waited at the end: raise drain.timeout`);
  }
  if (restarted > 0) {
    const guests = countText(restarted, 'guest');
    advice.push(`${guests} would be restarted, not migrated: the reasons are in guests.csv`);
  }
  return advice;
}

function failures(summary: Summary, { inputs }: AdviceWords): readonly string[] {
  const { stuck, stalled } = summary.failed;
  const slow = summary.failed['completion-timeout'];
  const unconverged = slow.migrations + stuck.migrations + stalled.migrations;
  if (unconverged === 0) return [];
  const migrations = countText(unconverged, 'migration');
  const trace = `sluice trace ${inputs} --guest NAMESPACE/NAME`;
  return [`${migrations} did not converge (fail_cause in migrations.csv): "${trace}" shows why`];
}

function slowness(summary: Summary, words: AdviceWords): readonly string[] {
  const advice: string[] = [];
  const full = fullLink(summary);
  if (full !== null) advice.push(`${full}: more migrations at once would not help`);
  const held = Object.entries(summary.slow).sort((a, b) => b[1].elapsedUs - a[1].elapsedUs)[0];
  if (held !== undefined && held[1].migrations > 0 && held[0] === 'queue') {
    advice.push(
      full === null
        ? `most waiting was in the queue and no link was full: try a higher limit, ${tighterLimit(summary, words)}`
        : 'most waiting was in the queue',
    );
  }
  return advice;
}

/** A link that held migrations up, in words; null: none did. */
function fullLink({ busiestLinks, bottlenecks, drainTimeUs }: Summary): string | null {
  const busy = busiestLinks.find((link) => link.peakUtilisation >= SATURATED_SHARE);
  if (busy !== undefined)
    return `${busy.link} was ${percentText(busy.peakUtilisation)} full at its peak`;
  const waited = bottlenecks.find(({ fullUs }) => fullUs >= LONG_FULL_SHARE * drainTimeUs);
  if (waited === undefined || waited.fullUs === 0) return null;
  return `${waited.link} was full for ${durationText(waited.fullUs)}`;
}

/** The one of the two that held migrations longer. */
function tighterLimit({ waits }: Summary, { inputs, importTo }: AdviceWords): string {
  const limit =
    waits.nodeLimitUs > waits.clusterLimitUs
      ? 'parallelOutboundMigrationsPerNode'
      : 'parallelMigrationsPerCluster';
  const set = `--set kubevirt.migrations.${limit}=N`;
  return importTo === null
    ? set
    : `${set}, with what "sluice import ${inputs} -o ${importTo}" makes`;
}

function longDowntime(summary: Summary, { inputs }: AdviceWords): readonly string[] {
  const downtime = summary.downtime;
  if (downtime === null || downtime.worstUs < LONG_DOWNTIME_US) return [];
  const worst = durationText(downtime.worstUs);
  const trace = `sluice trace ${inputs} --guest ${downtime.worstGuest}`;
  return [`${downtime.worstGuest} was paused for ${worst}: "${trace}" shows its rounds`];
}

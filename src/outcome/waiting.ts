/** What all migrations together waited for, in an operator's words, longest first. */
import type { MigrationRecord, RunResult, Waits } from '../simulation/result.js';

export interface WaitedFor {
  readonly what: string;
  readonly waitedUs: number;
  /** Of all waiting, 0 to 1. */
  readonly share: number;
}

export type WaitName = keyof Waits;

/** In the order of migrations.csv; the two limits are parts of the queue. */
export const WAIT_NAMES: readonly WaitName[] = [
  'backOffUs',
  'queueUs',
  'clusterLimitUs',
  'nodeLimitUs',
  'targetUs',
  'storageUs',
  'linkShareUs',
  'bandwidthCapUs',
  'dirtyRateUs',
  'throttledUs',
];

/** `clusterLimitUs` is the column `waited_cluster_limit_s`. */
export function waitColumn(name: WaitName): string {
  const words = name
    .replace(/Us$/, '')
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `waited_${words}_s`;
}

const PARTS_OF_QUEUE: ReadonlySet<WaitName> = new Set(['clusterLimitUs', 'nodeLimitUs']);

export function totalWaitUs(waits: Waits): number {
  let totalUs = 0;
  for (const name of WAIT_NAMES) if (!PARTS_OF_QUEUE.has(name)) totalUs += waits[name];
  return totalUs;
}

/** What the longest of its waits is of all of them, 0 to 1; null when it waited for nothing. */
export function mainWaitShare({ slowCause, waits }: MigrationRecord): number | null {
  const totalUs = totalWaitUs(waits);
  if (slowCause === '' || totalUs <= 0) return null;
  const longestUs = WAIT_NAMES.reduce((most, name) => Math.max(most, waits[name]), 0);
  return longestUs / totalUs;
}

export function sumWaits(migrations: readonly MigrationRecord[]): Waits {
  const sums = Object.fromEntries(WAIT_NAMES.map((name) => [name, 0])) as Record<WaitName, number>;
  for (const { waits } of migrations) for (const name of WAIT_NAMES) sums[name] += waits[name];
  return sums;
}

const WAITS_TOLD = 6;
const WORTH_TELLING_US = 1_000_000;

/** The longest few; waiting for links is told by link. */
export function waitedFor(
  waits: Waits,
  { linkWaits, parallelLimits }: Pick<RunResult, 'linkWaits' | 'parallelLimits'>,
): readonly WaitedFor[] {
  const { perCluster, perNode } = parallelLimits;
  const restUs = waits.queueUs - waits.clusterLimitUs - waits.nodeLimitUs;
  const parts: readonly (readonly [string, number])[] = [
    [`the cluster limit of ${perCluster}`, waits.clusterLimitUs],
    [`the limit of ${perNode} out of a node`, waits.nodeLimitUs],
    ['target pods made one at a time, and retries', restUs],
    ['back-off after failed attempts', waits.backOffUs],
    ['target pods: scheduling, start, hand-off', waits.targetUs],
    ['disks that are copied first', waits.storageUs],
    ['bandwidthPerMigration', waits.bandwidthCapUs],
    ['pages that are sent again: the dirty rate', waits.dirtyRateUs],
    ['pages that are sent again while throttled', waits.throttledUs],
    ...linkParts(waits.linkShareUs, linkWaits),
  ];
  const totalUs = totalWaitUs(waits);
  return parts
    .filter(([, us]) => us >= WORTH_TELLING_US)
    .map(([what, waitedUs]) => ({ what, waitedUs, share: waitedUs / totalUs }))
    .sort((a, b) => b.waitedUs - a.waitedUs || (a.what < b.what ? -1 : 1))
    .slice(0, WAITS_TOLD);
}

/** First passes' waiting for links, shared out as all waiting for links was. */
function linkParts(
  linkShareUs: number,
  linkWaits: RunResult['linkWaits'],
): readonly (readonly [string, number])[] {
  let totalUs = 0;
  for (const { waitedUs } of linkWaits) totalUs += waitedUs;
  if (totalUs === 0) return [['links', linkShareUs]];
  return linkWaits.map(({ link, waitedUs }) => [
    linkWords(link),
    (linkShareUs * waitedUs) / totalUs,
  ]);
}

/** `rack/b/up/1` is the uplink of rack b; a link that is named otherwise keeps its name. */
function linkWords(link: string): string {
  const [kind = '', of = '', ...rest] = link.split('/');
  const member = rest.find((part) => /^\d+$/.test(part));
  const number = member === undefined ? '' : ` ${member}`;
  const up = rest.includes('up');
  switch (kind) {
    case 'proxy':
      return `the proxy of ${of}`;
    case 'nic':
      return `the NIC${number} ${up ? 'out of' : 'into'} ${of}`;
    case 'rack':
      return `${up ? 'uplink' : 'downlink'}${number} of rack ${of}`;
    default:
      return link;
  }
}

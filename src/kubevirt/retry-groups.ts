/**
 * VMIMs that wait for a slot, grouped by the instants at which they retry. What the queue asks at
 * an instant (who retries now, who is first, when is the next useful retry) is answered from the
 * groups concerned, whatever the number of nodes: those of nodes without a free outbound slot
 * stand aside until they have one.
 */
import TinyQueue from 'tinyqueue';
import type { Migration } from './migration-object.js';

/** VMIMs of one source node and priority that retry at the same instants, oldest first. */
export interface RetryBucket {
  readonly group: RetryGroup;
  readonly node: number;
  readonly key: string;
  /** Those that left stay in the list until the head has passed them. */
  readonly waiting: Migration[];
  head: number;
  /** How many of them still wait here. */
  count: number;
}

/** A bucket's first VMIM when it was put into the heap; out of date once another one is first. */
interface Place {
  readonly bucket: RetryBucket;
  readonly first: Migration;
}

export interface RetryGroup {
  key: string;
  readonly periodUs: number;
  /** Its retries are at this instant modulo the period. */
  phaseUs: number;
  /** VMIMs in it, and the newest that it ever had. */
  count: number;
  newestId: number;
  readonly buckets: Map<string, RetryBucket>;
  /** Highest priority first, then oldest; of nodes with a free slot. */
  readonly heap: TinyQueue<Place>;
  /** VMIMs of nodes with a free slot. */
  openCount: number;
}

export interface RetryGroups {
  /** By period and phase. */
  readonly groups: Map<string, RetryGroup>;
  readonly bucketsOfNode: Map<number, Set<RetryBucket>>;
  /** Nodes without a free outbound slot. */
  readonly fullNodes: Set<number>;
}

/** KubeVirt's periods (spec/kubevirt.md 5.3). */
const PERIODS_US = [1_000_000, 3_000_000, 5_000_000] as const;

export type RetryPeriodUs = (typeof PERIODS_US)[number];

export function createRetryGroups(): RetryGroups {
  return { groups: new Map(), bucketsOfNode: new Map(), fullNodes: new Set() };
}

/** The VMIM retries every `periodUs` from `nowUs` on, in place of any retries before. */
export function addRetries(
  retries: RetryGroups,
  migration: Migration,
  periodUs: RetryPeriodUs,
  nowUs: number,
): void {
  const key = groupKey(periodUs, nowUs % periodUs);
  // Woken at an instant at which it would have retried: it keeps its place.
  if (migration.retries?.group.key === key) return;
  dropRetries(retries, migration);
  const bucket = bucketFor(retries, migration, groupAt(retries, periodUs, nowUs % periodUs));
  const { group, node, waiting } = bucket;
  migration.retries = bucket;
  waiting.push(migration);
  bucket.count += 1;
  group.count += 1;
  group.newestId = Math.max(group.newestId, migration.id);
  if (retries.fullNodes.has(node)) return;
  group.openCount += 1;
  if (bucket.count === 1) enterHeap(bucket);
}

/**
 * All of a group retry every period from `nowUs` on: as if each had been put there anew, in their
 * order. False when others retry at these instants already: then it must be done one by one.
 */
export function moveGroup(retries: RetryGroups, group: RetryGroup, nowUs: number): boolean {
  const phaseUs = nowUs % group.periodUs;
  const key = groupKey(group.periodUs, phaseUs);
  if (key === group.key) return true;
  if (group.count === 0 || retries.groups.has(key)) return false;
  retries.groups.delete(group.key);
  group.key = key;
  group.phaseUs = phaseUs;
  retries.groups.set(key, group);
  return true;
}

/** The VMIM waits for no slot any more; nothing happens when it did not. */
export function dropRetries(retries: RetryGroups, migration: Migration): void {
  const bucket = migration.retries;
  if (bucket === null) return;
  migration.retries = null;
  const { group, node, waiting } = bucket;
  const wasFirst = waiting[bucket.head] === migration;
  bucket.count -= 1;
  group.count -= 1;
  if (bucket.count === 0) removeBucket(retries, bucket);
  while (bucket.count > 0 && firstOf(bucket).retries !== bucket) bucket.head += 1;
  if (retries.fullNodes.has(node)) return;
  group.openCount -= 1;
  if (wasFirst && bucket.count > 0) enterHeap(bucket);
}

/** The node has, or has no more, a free outbound slot. */
export function setNodeFull(retries: RetryGroups, node: number, isFull: boolean): void {
  if (retries.fullNodes.has(node) === isFull) return;
  if (isFull) retries.fullNodes.add(node);
  else retries.fullNodes.delete(node);
  for (const bucket of retries.bucketsOfNode.get(node) ?? []) {
    bucket.group.openCount += isFull ? -bucket.count : bucket.count;
    if (!isFull) enterHeap(bucket);
  }
}

/** Among the retries of this instant from nodes with a free slot: highest priority, then oldest. */
export function firstRetry(retries: RetryGroups, nowUs: number): Migration | null {
  let best: Migration | null = null;
  for (const group of groupsDue(retries, nowUs)) {
    const first = firstOfGroup(retries, group);
    if (first !== null && (best === null || precedes(first, best) < 0)) best = first;
  }
  return best;
}

/** How many VMIMs retry now from nodes with a free slot. */
export function countRetries(retries: RetryGroups, nowUs: number): number {
  return groupsDue(retries, nowUs).reduce((sum, { openCount }) => sum + openCount, 0);
}

/** The first retry after `nowUs` from a node with a free slot; Infinity when there is none. */
export function nextRetryUs(retries: RetryGroups, nowUs: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { periodUs, phaseUs, openCount } of retries.groups.values()) {
    if (openCount > 0) next = Math.min(next, nowUs + periodUs - ((nowUs - phaseUs) % periodUs));
  }
  return next;
}

function groupsDue(retries: RetryGroups, nowUs: number): readonly RetryGroup[] {
  return PERIODS_US.flatMap(
    (periodUs) => retries.groups.get(groupKey(periodUs, nowUs % periodUs)) ?? [],
  );
}

function groupKey(periodUs: number, phaseUs: number): string {
  return `${periodUs} ${phaseUs}`;
}

function groupAt(retries: RetryGroups, periodUs: number, phaseUs: number): RetryGroup {
  const key = groupKey(periodUs, phaseUs);
  const known = retries.groups.get(key);
  if (known !== undefined) return known;
  const heap = new TinyQueue<Place>([], (a, b) => precedes(a.first, b.first));
  const counts = { count: 0, newestId: -1, openCount: 0 };
  const group: RetryGroup = { key, periodUs, phaseUs, ...counts, buckets: new Map(), heap };
  retries.groups.set(key, group);
  return group;
}

function bucketFor(retries: RetryGroups, migration: Migration, group: RetryGroup): RetryBucket {
  const { sourceNode: node, priority } = migration;
  const key = `${node} ${priority}`;
  const known = group.buckets.get(key);
  if (known !== undefined) return known;
  const bucket: RetryBucket = { group, node, key, waiting: [], head: 0, count: 0 };
  group.buckets.set(key, bucket);
  const ofNode = retries.bucketsOfNode.get(node);
  if (ofNode === undefined) retries.bucketsOfNode.set(node, new Set([bucket]));
  else ofNode.add(bucket);
  return bucket;
}

function removeBucket(retries: RetryGroups, bucket: RetryBucket): void {
  const { group, node, key } = bucket;
  group.buckets.delete(key);
  retries.bucketsOfNode.get(node)?.delete(bucket);
  if (group.buckets.size === 0) retries.groups.delete(group.key);
}

function firstOf({ waiting, head }: RetryBucket): Migration {
  return waiting[head] as Migration;
}

function enterHeap(bucket: RetryBucket): void {
  bucket.group.heap.push({ bucket, first: firstOf(bucket) });
}

/** Places that are out of date, or whose node is full, are dropped on the way. */
function firstOfGroup(retries: RetryGroups, { heap }: RetryGroup): Migration | null {
  for (let place = heap.peek(); place !== undefined; place = heap.peek()) {
    const { bucket, first } = place;
    const isFirst = bucket.count > 0 && firstOf(bucket) === first;
    if (isFirst && !retries.fullNodes.has(bucket.node)) return first;
    heap.pop();
  }
  return null;
}

function precedes(a: Migration, b: Migration): number {
  return b.priority - a.priority || a.id - b.id;
}

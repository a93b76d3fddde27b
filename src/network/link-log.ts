/**
 * What happened on every link, for links.csv: bytes of migrations and of other traffic, when it was
 * full, and what it could carry while it was degraded or down.
 */
import type { Link } from './topology.js';
import { addUsage, createUsage, type Usage, usedSteps } from './usage.js';

export interface LinkLog {
  readonly links: readonly Link[];
  readonly migrations: Usage;
  readonly background: Usage;
  /** Microseconds in which the link was full. */
  readonly full: Usage;
  /** By link: since when it is full; null when it is not. */
  readonly fullSinceUs: (number | null)[];
  /** By link: capacities from instants on, where they ever differed from the link's own. */
  readonly capacities: Map<number, CapacityChange[]>;
}

interface CapacityChange {
  readonly fromUs: number;
  readonly bytesPerSecond: number;
}

/** A link's step; a step in which nothing happened has no row. */
export interface LinkStep {
  readonly link: string;
  readonly fromUs: number;
  readonly toUs: number;
  /** Average over the step, events considered. */
  readonly capacityBytesPerSecond: number;
  /** Of migrations. */
  readonly bytes: number;
  readonly backgroundBytes: number;
  /** How long nothing of it was left. */
  readonly fullUs: number;
}

export function createLinkLog(links: readonly Link[], stepUs: number): LinkLog {
  return {
    links,
    migrations: createUsage(links, stepUs),
    background: createUsage(links, stepUs),
    full: createUsage(links, stepUs),
    fullSinceUs: links.map(() => null),
    capacities: new Map(),
  };
}

/** The link can carry as much from `fromUs` on. */
export function noteCapacity(
  log: LinkLog,
  link: number,
  fromUs: number,
  bytesPerSecond: number,
): void {
  const known = log.capacities.get(link) ?? [];
  known.push({ fromUs, bytesPerSecond });
  log.capacities.set(link, known);
}

/** The link is full, or is not, from `atUs` on. */
export function noteFull(log: LinkLog, link: number, isFull: boolean, atUs: number): void {
  const sinceUs = log.fullSinceUs[link] ?? null;
  if (isFull) {
    log.fullSinceUs[link] = sinceUs ?? atUs;
  } else if (sinceUs !== null) {
    addUsage(log.full, link, sinceUs, atUs, atUs - sinceUs);
    log.fullSinceUs[link] = null;
  }
}

/**
 * Rows by link name, then time; the step that holds `endUs` ends there. They are made as they are
 * asked for: a large fleet has a million of them.
 */
export function linkSteps(log: LinkLog, endUs: number): Iterable<LinkStep> {
  return { [Symbol.iterator]: () => allSteps(log, endUs) };
}

function* allSteps(log: LinkLog, endUs: number): Generator<LinkStep> {
  const order = log.links.map(({ name }, index) => ({ name, index }));
  order.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const { stepUs } = log.migrations;
  const usages = [log.migrations, log.background, log.full];
  for (const { name, index } of order) {
    const { steps, amounts } = usedSteps(usages, index);
    const [bytes, backgroundBytes, fullUs] = amounts as [number[], number[], number[]];
    for (let i = 0; i < steps.length; i += 1) {
      const fromUs = (steps[i] as number) * stepUs;
      const toUs = Math.max(fromUs, Math.min(fromUs + stepUs, endUs));
      yield {
        link: name,
        fromUs,
        toUs,
        capacityBytesPerSecond: meanCapacity(log, index, fromUs, toUs),
        bytes: bytes[i] as number,
        backgroundBytes: backgroundBytes[i] as number,
        fullUs: fullUs[i] as number,
      };
    }
  }
}

function meanCapacity(log: LinkLog, link: number, fromUs: number, toUs: number): number {
  const own = log.links[link]?.capacityBytesPerSecond ?? 0;
  const changes = log.capacities.get(link);
  if (changes === undefined || toUs <= fromUs) return own;
  let capacity = own;
  let sinceUs = fromUs;
  let sum = 0;
  for (const change of changes) {
    const atUs = Math.min(Math.max(change.fromUs, fromUs), toUs);
    sum += capacity * (atUs - sinceUs);
    sinceUs = atUs;
    capacity = change.bytesPerSecond;
  }
  return (sum + capacity * (toUs - sinceUs)) / (toUs - fromUs);
}

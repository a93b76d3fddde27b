/**
 * Max-min fairness after changes, touching only what they affect.
 *
 * A link's level depends on lower levels only: flows that are held back elsewhere below it leave
 * it room, flows held back above it do not matter. So links that may be wrong are looked at in the
 * order of their levels, lowest of old and new first (as in the dynamic shortest paths of
 * Ramalingam and Reps 1996): what is looked at first is final. A link passes a change on only to
 * the flows whose rate it changes, and these only to links that are full or become full.
 */
import { dropFirst, lowerKey, raiseFirstKey } from './link-queue.js';
import {
  ALARM,
  BOTTLENECK,
  CAPACITY,
  CEILING,
  CEILING_LEVEL,
  FLOW_NUMBERS,
  type FlowId,
  LEVEL,
  LINK_NUMBERS,
  LOAD,
  LOWEST,
  noteTurned,
  RATE,
  ROUTE,
  ROUTE_LENGTH,
  refreshLowest,
  SECOND,
  type Sharing,
  touch,
  WEIGHT,
} from './sharing.js';
import { sumLoad, waterLevel } from './water-level.js';

/** Loads above this share of the capacity are summed exactly; running sums are better than that. */
export const NEARLY_FULL = 1 - 1e-9;
/** Running sums are made anew after as many changes, each of which may round by 1e-16. */
const CHANGES_BEFORE_SUM = 1_000_000;
/** Two levels that differ by less are one: rounding must not travel through the network. */
const SAME_LEVEL = 1e-13;
/** The same, in shares of a capacity by the lowest weight. */
const SAME_RATE = 1e-15;
/** A level that rose as often in one settle goes to Infinity, and comes down to stay. */
const RAISES_AT_MOST = 4;
/** Far beyond what a settle can need; more is a fault of this file. */
const LOOKS_AT_MOST_PER_LINK = 1000;

/** Says that the link's level may be wrong from `fromLevel` on. */
export function doubt(sharing: Sharing, link: number, fromLevel: number): void {
  sharing.wantedLevel[link] = Number.NaN;
  sharing.linkNumbers[link * LINK_NUMBERS + ALARM] = Number.NEGATIVE_INFINITY;
  lowerKey(sharing.queue, link, fromLevel);
}

/** Brings all levels and rates in order. */
export function propagate(sharing: Sharing): void {
  const { queue, wantedLevel, linkNumbers } = sharing;
  let looksLeft = LOOKS_AT_MOST_PER_LINK * (queue.heap.length + 1);
  sharing.settles++;
  if (sharing.rateChanges > CHANGES_BEFORE_SUM) {
    for (let link = 0; link < sharing.members.length; link++) sumLoad(sharing, link);
    sharing.rateChanges = 0;
  }
  while (queue.size > 0) {
    if (looksLeft-- === 0) throw new Error('link sharing does not settle');
    const link = queue.heap[0];
    const level = linkNumbers[link * LINK_NUMBERS + LEVEL];
    let wanted = wantedLevel[link];
    if (Number.isNaN(wanted)) {
      wanted = waterLevel(sharing, link);
      if (isSameLevel(sharing, link, level, wanted)) {
        dropFirst(queue);
        arm(sharing, link);
        continue;
      }
      wantedLevel[link] = wanted;
      if (!raiseFirstKey(queue, Math.min(level, wanted))) continue;
    }
    dropFirst(queue);
    if (wanted > level && wanted < Number.POSITIVE_INFINITY && isRestless(sharing, link)) {
      setLevel(sharing, link, Number.POSITIVE_INFINITY);
      doubt(sharing, link, level);
    } else setLevel(sharing, link, wanted);
  }
}

function isSameLevel(sharing: Sharing, link: number, level: number, wanted: number): boolean {
  if (level === wanted) return true;
  if (level === Number.POSITIVE_INFINITY || wanted === Number.POSITIVE_INFINITY) return false;
  const rounding = sharing.linkNumbers[link * LINK_NUMBERS + CAPACITY] * SAME_RATE;
  return (
    Math.abs(level - wanted) <=
    SAME_LEVEL * Math.max(level, wanted) + rounding / sharing.memberCount[link]
  );
}

function isRestless(sharing: Sharing, link: number): boolean {
  if (sharing.raisedIn[link] !== sharing.settles) {
    sharing.raisedIn[link] = sharing.settles;
    sharing.raises[link] = 0;
  }
  return ++sharing.raises[link] > RAISES_AT_MOST;
}

/** A link that is not queued: full, any change matters; else one that may fill it. */
function arm(sharing: Sharing, link: number): void {
  const at = link * LINK_NUMBERS;
  const { linkNumbers } = sharing;
  if (linkNumbers[at + LEVEL] < Number.POSITIVE_INFINITY) {
    linkNumbers[at + ALARM] = Number.NEGATIVE_INFINITY;
    return;
  }
  linkNumbers[at + ALARM] = linkNumbers[at + CAPACITY] * NEARLY_FULL;
  // Full by what its flows may have at most: nothing to share, but nothing left either.
  if (linkNumbers[at + LOAD] > linkNumbers[at + ALARM]) noteTurned(sharing, link);
}

/** Gives the link its level and its flows what follows from it. */
function setLevel(sharing: Sharing, link: number, level: number): void {
  const { flowNumbers, flowRoutes, linkNumbers, routeStride } = sharing;
  const before = linkNumbers[link * LINK_NUMBERS + LEVEL];
  linkNumbers[link * LINK_NUMBERS + LEVEL] = level;
  if ((before === Number.POSITIVE_INFINITY) !== (level === Number.POSITIVE_INFINITY)) {
    noteTurned(sharing, link);
  }
  arm(sharing, link);
  const list = sharing.members[link];
  const count = sharing.memberCount[link];
  for (let i = 0; i < count; i++) {
    const id = list[i];
    const flow = id * FLOW_NUMBERS;
    const lowest = flowNumbers[flow + LOWEST];
    const second = flowNumbers[flow + SECOND];
    const bottleneck = flowRoutes[id * routeStride + BOTTLENECK];
    if (lowest === before && level <= second) {
      flowNumbers[flow + LOWEST] = level;
      flowRoutes[id * routeStride + BOTTLENECK] = link;
    } else if (lowest === before) refreshLowest(sharing, id);
    else if (level < lowest) {
      flowNumbers[flow + SECOND] = lowest;
      flowNumbers[flow + LOWEST] = level;
      flowRoutes[id * routeStride + BOTTLENECK] = link;
    } else if (level <= second) flowNumbers[flow + SECOND] = level;
    else if (before <= second) refreshLowest(sharing, id);
    else continue;
    // The flow may be held back here now, at the very rate that it had: then it is no longer one of
    // those that share the level of the link that held it back.
    doubtQueued(sharing, bottleneck, link, Math.min(before, level));
    doubtQueued(sharing, flowRoutes[id * routeStride + BOTTLENECK], link, Math.min(before, level));
    if (flowNumbers[flow + LOWEST] === lowest) continue;
    followLevel(sharing, id, Math.min(lowest, flowNumbers[flow + CEILING_LEVEL]), link);
  }
}

/**
 * What bounds the flow elsewhere than at its bottleneck has changed. That is above the bottleneck's
 * level and does not matter to it, unless it is queued to rise.
 */
function doubtQueued(
  sharing: Sharing,
  bottleneck: number,
  exceptLink: number,
  fromLevel: number,
): void {
  if (bottleneck < 0 || bottleneck === exceptLink) return;
  if (sharing.queue.place[bottleneck] >= 0) doubt(sharing, bottleneck, fromLevel);
}

/**
 * Sets the flow's rate from its level, and doubts the links that this may concern, all but
 * `exceptLink`. `levelBefore` is the flow's level until now; -1 doubts from the bottom.
 */
export function followLevel(
  sharing: Sharing,
  id: FlowId,
  levelBefore: number,
  exceptLink: number,
): void {
  const { flowNumbers, flowRoutes, linkNumbers } = sharing;
  const flow = id * FLOW_NUMBERS;
  const lowest = flowNumbers[flow + LOWEST];
  const ceilingLevel = flowNumbers[flow + CEILING_LEVEL];
  const atCeiling = ceilingLevel <= lowest;
  const rate = atCeiling ? flowNumbers[flow + CEILING] : flowNumbers[flow + WEIGHT] * lowest;
  const change = rate - flowNumbers[flow + RATE];
  if (change === 0 && levelBefore >= 0) return;
  flowNumbers[flow + RATE] = rate;
  sharing.rateChanges++;
  touch(sharing, id);
  const fromLevel = Math.min(levelBefore, atCeiling ? ceilingLevel : lowest);
  const base = id * sharing.routeStride;
  const end = base + ROUTE + flowRoutes[base + ROUTE_LENGTH];
  for (let at = base + ROUTE; at < end; at++) {
    const link = flowRoutes[at];
    const numbers = link * LINK_NUMBERS;
    const load = linkNumbers[numbers + LOAD] + change;
    linkNumbers[numbers + LOAD] = load;
    const alarm = linkNumbers[numbers + ALARM];
    if (load > alarm) {
      if (link !== exceptLink) doubtAfterChange(sharing, link, id, change, levelBefore, fromLevel);
    } else if (load - change > alarm) noteTurned(sharing, link);
  }
}

/**
 * Doubts a link after one of its flows' rate has changed, from the level that the change can take
 * it to. Above that the link would be looked at too early, and again for every change to come.
 */
function doubtAfterChange(
  sharing: Sharing,
  link: number,
  id: FlowId,
  change: number,
  levelBefore: number,
  fromLevel: number,
): void {
  const { queue, freeWeight } = sharing;
  const level = sharing.linkNumbers[link * LINK_NUMBERS + LEVEL];
  const isQueued = queue.place[link] >= 0;
  let key = isQueued ? queue.key[link] : level;
  if (key === Number.POSITIVE_INFINITY) key = fromLevel;
  else if (change < 0) {
    // The level can only rise; the flow may no longer be one of those that share it.
    if (levelBefore >= key) freeWeight[link] -= sharing.flowNumbers[id * FLOW_NUMBERS + WEIGHT];
  } else {
    // The flows that share the level give way by weight, and below it no fewer share.
    const fall = freeWeight[link] > 0 ? change / freeWeight[link] : Number.POSITIVE_INFINITY;
    key = Math.max(fromLevel, key - fall);
  }
  doubt(sharing, link, key);
}

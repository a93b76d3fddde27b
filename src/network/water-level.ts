/** The level at which one link is full, given what bounds its flows elsewhere. */
import {
  CAPACITY,
  CEILING_LEVEL,
  FLOW_NUMBERS,
  LEVEL,
  LINK_NUMBERS,
  LOAD,
  LOWEST,
  RATE,
  SECOND,
  type Sharing,
  WEIGHT,
} from './sharing.js';

/** Rounding of a sum over a link's flows, relative to its capacity: not yet an overload. */
const FULL_TOLERANCE = 1e-14;

/**
 * Level λ with Σ min(bound elsewhere, weight · λ) = capacity; Infinity when the flows' other bounds
 * keep the link below its capacity. A flow's bound elsewhere is its ceiling or the lowest level
 * among its other links. The sum is concave in λ, so that Newton's method, begun at the present
 * level, undershoots at most once and then climbs; one pass over the flows is the usual case.
 */
export function waterLevel(sharing: Sharing, link: number): number {
  const { linkNumbers } = sharing;
  const at = link * LINK_NUMBERS;
  const capacity = linkNumbers[at + CAPACITY];
  if (capacity === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const present = linkNumbers[at + LEVEL];
  if (present === Number.POSITIVE_INFINITY) {
    // No level: the flows' rates are their bounds elsewhere.
    sumLoad(sharing, link);
    if (linkNumbers[at + LOAD] <= capacity * (1 + FULL_TOLERANCE)) return present;
  }
  return climb(sharing, link, capacity, present);
}

function climb(sharing: Sharing, link: number, capacity: number, start: number): number {
  const { flowNumbers } = sharing;
  const list = sharing.members[link];
  const count = sharing.memberCount[link];
  let level = start;
  // Set once the level is known not to be above the solution.
  let climbing = false;
  for (;;) {
    let bounded = 0;
    let freeWeight = 0;
    let boundedWeight = 0;
    let highestBounded = 0;
    let lowestFree = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const flow = list[i] * FLOW_NUMBERS;
      const weight = flowNumbers[flow + WEIGHT];
      const lowest = flowNumbers[flow + LOWEST];
      // The link's own level, unless another link has the same: then SECOND is that one's.
      const elsewhere = lowest === start ? flowNumbers[flow + SECOND] : lowest;
      const ceiling = flowNumbers[flow + CEILING_LEVEL];
      const bound = Math.min(ceiling, elsewhere);
      if (bound < level) {
        bounded += weight * bound;
        boundedWeight += weight;
        if (bound > highestBounded) highestBounded = bound;
      } else {
        freeWeight += weight;
        if (bound < lowestFree) lowestFree = bound;
      }
    }
    if (freeWeight === 0 && (climbing || bounded <= capacity)) return Number.POSITIVE_INFINITY;
    // Below this no link can be, whatever bounds its flows.
    const floor = capacity / (freeWeight + boundedWeight);
    const next = freeWeight === 0 ? floor : Math.max(floor, (capacity - bounded) / freeWeight);
    const isExact = freeWeight > 0 && highestBounded <= next && next <= lowestFree;
    if (isExact || (climbing && next <= level)) {
      sharing.freeWeight[link] = freeWeight;
      return isExact ? next : level;
    }
    level = next;
    climbing = true;
  }
}

/** Sums the link's load anew, so that rounding does not pile up. */
export function sumLoad(sharing: Sharing, link: number): void {
  const { flowNumbers, linkNumbers } = sharing;
  const list = sharing.members[link];
  const count = sharing.memberCount[link];
  let load = 0;
  for (let i = 0; i < count; i++) load += flowNumbers[list[i] * FLOW_NUMBERS + RATE];
  linkNumbers[link * LINK_NUMBERS + LOAD] = load;
}

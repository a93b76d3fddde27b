/**
 * Is there room for everybody, and how many nodes can be missing? Guests are placed one after the
 * other, the largest first, as the scheduler would: what does not fit then is told with what is
 * free in all and in one piece, since memory in many small pieces takes no large guest.
 */
import { addPod, chooseNode, type Placement, removePod } from '../kubevirt/placement.js';
import { countText, percentText } from '../outcome/quantity-text.js';
import type { Finding } from './check-finding.js';
import { aboutGuest, moves } from './check-guests.js';
import { type CheckedGuest, type CheckScope, checkScope, placementDuring } from './check-scope.js';
import { shortOf } from './room-shortage.js';

/** Nodes that are tried as missing, the fullest first: more take long and tell no more. */
const NODES_TRIED = 64;
/** Of memory requests over what a node can give: so much above the mean is out of balance. */
const BALANCE_SHARE = 0.25;

export function checkRoom(scope: CheckScope): readonly Finding[] {
  return [...(scope.atOnce ? roomTogether(scope) : []), ...spareRoom(scope)];
}

function roomTogether(scope: CheckScope): readonly Finding[] {
  const placement = placementDuring(scope, '');
  const alone = placementDuring(scope, '');
  const stuck = moveAway(placement, scope.guests.filter(moves));
  const findings = stuck
    // Who fits nowhere by itself is told by another check.
    .filter(({ index, nodeIndex }) => chooseNode(alone, index, nodeIndex, 1).node !== null)
    .map((one) =>
      aboutGuest(one, {
        severity: 'blocker',
        check: 'no-room-together',
        finding: `finds no room once the others have moved: ${shortOf(placement, one)}`,
        advice: 'drain fewer nodes at once, or make room',
      }),
    );
  return [...findings, ...balance(scope, placement)];
}

/** Who is left when each has taken the node that the scheduler gives it. */
function moveAway(placement: Placement, guests: readonly CheckedGuest[]): readonly CheckedGuest[] {
  const largestFirst = [...guests].sort(
    (a, b) => b.guest.memoryBytes - a.guest.memoryBytes || a.index - b.index,
  );
  return largestFirst.filter(({ index, nodeIndex }) => {
    const { node } = chooseNode(placement, index, nodeIndex, 1);
    if (node === null) return true;
    addPod(placement, index, node);
    removePod(placement, index, nodeIndex);
    return false;
  });
}

function balance(scope: CheckScope, placement: Placement): readonly Finding[] {
  const { resources } = placement.classes;
  const { memory } = resources;
  const open = scope.fleet.nodes.flatMap(({ name, known }, node) => {
    const given = resources.allocatable[memory]?.[node] ?? 0;
    const used = resources.used[memory]?.[node] ?? 0;
    const takes = known && placement.closedReason[node] === null;
    return takes && given > 0 && Number.isFinite(given) && used > 0 ? [{ name, given, used }] : [];
  });
  const given = open.reduce((sum, node) => sum + node.given, 0);
  const mean = open.reduce((sum, node) => sum + node.used, 0) / given;
  return open
    .filter((node) => node.used / node.given > Math.min(0.98, mean + BALANCE_SHARE))
    .map((node) => ({
      severity: 'warning',
      check: 'balance',
      about: 'node',
      subject: node.name,
      node: node.name,
      finding: `would end with ${percentText(node.used / node.given)} of its memory asked for; the mean is ${percentText(mean)}`,
      advice: 'rebalance afterwards, or spread the drain over more time',
    }));
}

/** Could each node be empty, alone and then together with the next fullest ones? */
function spareRoom({ fleet, seed }: CheckScope): readonly Finding[] {
  const whole = checkScope({ ...fleet, drain: { ...fleet.drain, nodes: [] } }, seed);
  const byNode = new Map<string, CheckedGuest[]>();
  for (const one of whole.guests.filter(moves)) {
    byNode.set(one.node, [...(byNode.get(one.node) ?? []), one]);
  }
  const load = (guests: readonly CheckedGuest[]) =>
    guests.reduce((sum, { guest }) => sum + guest.memoryBytes, 0);
  const fullest = [...byNode].sort(([a, x], [b, y]) => load(y) - load(x) || (a < b ? -1 : 1));
  const tried = fullest.slice(0, NODES_TRIED);
  const alone = tried.flatMap(([node, guests]) => {
    const placement = placementDuring(whole, node);
    const [first, ...rest] = moveAway(placement, guests);
    if (first === undefined) return [];
    const more = rest.length > 0 ? ` and ${countText(rest.length, 'more guest')}` : '';
    return [
      {
        severity: 'warning',
        check: 'spare-room',
        about: 'node',
        subject: node,
        node,
        finding: `could not be emptied alone (N+1): ${first.name}${more} would not fit: ${shortOf(placement, first)}`,
        advice: 'keep room for a node: in one piece for its largest guests',
      } as const,
    ];
  });
  return [...alone, spareNodes(whole, tried)];
}

const SPARE_TRIED = 8;

/** How many of the fullest nodes can be missing together. */
function spareNodes(
  whole: CheckScope,
  tried: readonly (readonly [string, readonly CheckedGuest[]])[],
): Finding {
  let spare = 0;
  for (let k = 1; k <= Math.min(SPARE_TRIED, tried.length); k += 1) {
    const missing = tried.slice(0, k);
    const nodes = missing.map(([node]) => node);
    const together = placementDuring({ ...whole, nodes, atOnce: true }, '');
    const left = moveAway(
      together,
      missing.flatMap(([, guests]) => guests),
    );
    if (left.length > 0) break;
    spare = k;
  }
  const most = spare === SPARE_TRIED ? ' or more' : '';
  return {
    severity: 'note',
    check: 'spare-room',
    about: 'cluster',
    subject: `N+${spare}`,
    node: '',
    finding: `so many${most} of the fullest nodes can be empty at once`,
    advice: '',
  };
}

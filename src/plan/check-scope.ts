/** What is checked: the guests that a drain wants to move, and where they may go meanwhile. */
import type { Fleet, Guest } from '../fleet/model.js';
import { evictionVerdict, taintVerdict } from '../kubevirt/eviction-webhook.js';
import { liveMigratable } from '../kubevirt/migratable.js';
import { closeNode, createPlacement, holdsRoom, type Placement } from '../kubevirt/placement.js';
import { type MigrationSettings, settingsFor } from '../kubevirt/policy.js';
import { UNSCHEDULABLE_NODE } from '../kubevirt/scheduler-message.js';

export interface CheckedGuest {
  readonly index: number;
  readonly guest: Guest;
  /** NAMESPACE/NAME */
  readonly name: string;
  readonly node: string;
  readonly nodeIndex: number;
  readonly verdict: ReturnType<typeof evictionVerdict | typeof taintVerdict>;
  readonly settings: MigrationSettings;
}

export interface CheckScope {
  readonly fleet: Fleet;
  readonly seed: number;
  /** Nodes that are drained; where the fleet drains none, every node that has guests, in turn. */
  readonly nodes: readonly string[];
  /** All of them are closed at once; else each only while its own guests leave. */
  readonly atOnce: boolean;
  readonly guests: readonly CheckedGuest[];
}

export function checkScope(fleet: Fleet, seed: number): CheckScope {
  const { drain } = fleet;
  const asked = drain.nodes.length > 0;
  const withGuests = new Set(fleet.guests.map(({ node }) => node));
  const all = fleet.nodes.filter(({ known, name }) => known && withGuests.has(name));
  const nodes = asked ? [...drain.nodes].sort() : all.map(({ name }) => name);
  const inScope = new Set(nodes);
  const indexOfNode = new Map(fleet.nodes.map(({ name }, index) => [name, index]));
  const verdictOf = drain.method === 'taint' ? taintVerdict : evictionVerdict;
  const guests = fleet.guests.flatMap((guest, index) => {
    const node = guest.node ?? '';
    const nodeIndex = indexOfNode.get(node);
    if (nodeIndex === undefined || !inScope.has(node) || !holdsRoom(guest)) return [];
    const strategy = guest.evictionStrategy ?? fleet.kubevirt.evictionStrategy;
    const verdict = verdictOf(strategy, liveMigratable(fleet, guest).status);
    const name = `${guest.namespace}/${guest.name}`;
    return [{ index, guest, name, node, nodeIndex, verdict, settings: settingsFor(fleet, guest) }];
  });
  const rolls = drain.atOnce.kind !== 'all' || drain.rebootUs !== null;
  const atOnce = asked && (drain.cordon === 'all' || !rolls);
  return { fleet, seed, nodes, atOnce, guests };
}

/** Where pods are before anything moves, with the nodes closed that are while `node` is drained. */
export function placementDuring(scope: CheckScope, node: string): Placement {
  const placement = createPlacement(scope.fleet, scope.seed);
  for (const name of scope.atOnce ? scope.nodes : [node]) {
    const index = placement.indexOfNode.get(name);
    if (index !== undefined) closeNode(placement, index, UNSCHEDULABLE_NODE);
  }
  return placement;
}

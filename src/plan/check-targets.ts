/**
 * Where each guest can go: nowhere, to few nodes, or to nodes that a move would trap it on. A
 * guest with host-model keeps the CPU model of the node on which it started (spec/kubevirt.md 5.7).
 */
import type { Fleet, Guest } from '../fleet/model.js';
import { chooseNode, createPlacement, type Placement } from '../kubevirt/placement.js';
import { allowedNodes } from '../kubevirt/placement-questions.js';
import { bytesText, countText } from '../outcome/quantity-text.js';
import type { Finding } from './check-finding.js';
import { aboutGuest, moves } from './check-guests.js';
import { type CheckedGuest, type CheckScope, placementDuring } from './check-scope.js';

/** So few are soon full. */
const FEW_NODES = 2;
/** A CPU model shuts out this share of the nodes that would do otherwise. */
const TRAP_SHARE = 0.5;

export function checkTargets(scope: CheckScope): readonly Finding[] {
  const movable = scope.guests.filter(moves);
  const together = scope.atOnce ? placementDuring(scope, '') : null;
  const byNode = new Map<string, Placement>();
  const during = (node: string): Placement => {
    if (together !== null) return together;
    const known = byNode.get(node) ?? placementDuring(scope, node);
    byNode.set(node, known);
    return known;
  };
  const open = createPlacement(scope.fleet, scope.seed);
  const anyModel = createPlacement(withoutHostModels(scope.fleet), scope.seed);
  const findings = movable.flatMap((one) => [
    ...targetFindings(scope, one, during(one.node)),
    ...trapFindings(scope, one, open, anyModel),
  ]);
  return [...findings, ...crowdedFindings(scope, movable, during)];
}

function targetFindings(
  { fleet }: CheckScope,
  one: CheckedGuest,
  placement: Placement,
): readonly Finding[] {
  const allowed = allowedNodes(placement, one.index, one.nodeIndex);
  if (allowed.length === 0) {
    const { message } = chooseNode(placement, one.index, one.nodeIndex, 1);
    return [
      aboutGuest(one, {
        severity: 'blocker',
        check: 'no-target',
        finding: `no node may take it: ${message}`,
        advice: 'loosen its node rules or CPU model, or leave a node open that it may go to',
      }),
    ];
  }
  const choice = chooseNode(placement, one.index, one.nodeIndex, 1);
  if (choice.node === null) {
    return [
      aboutGuest(one, {
        severity: 'blocker',
        check: 'no-room',
        finding: `none of the ${countText(allowed.length, 'node')} that may take it has room: ${choice.message}`,
        advice: 'make room on one of them, or drain fewer nodes at once',
      }),
    ];
  }
  if (allowed.length > FEW_NODES || fleet.nodes.length <= FEW_NODES + 2) return [];
  const names = allowed.map((node) => fleet.nodes[node]?.name).join(', ');
  const finding = `only ${names} may take it`;
  const advice = 'move it first, while there is room';
  return [aboutGuest(one, { severity: 'warning', check: 'few-targets', finding, advice })];
}

/** The fleet whose guests could run on any CPU: what their models shut out shows by comparison. */
function withoutHostModels(fleet: Fleet): Fleet {
  const guests = fleet.guests.map((guest) =>
    isHostModel(guest) ? { ...guest, cpuModel: 'host-passthrough' } : guest,
  );
  return { ...fleet, guests };
}

function isHostModel({ cpuModel }: Guest): boolean {
  return cpuModel === '' || cpuModel === 'host-model';
}

const HOST_MODEL_LABEL = 'host-model-cpu.node.kubevirt.io/';

function trapFindings(
  { fleet }: CheckScope,
  one: CheckedGuest,
  open: Placement,
  anyModel: Placement,
): readonly Finding[] {
  if (!isHostModel(one.guest)) return [];
  const now = allowedNodes(open, one.index, one.nodeIndex).length;
  const otherwise = allowedNodes(anyModel, one.index, one.nodeIndex).length;
  if (otherwise === 0 || now > otherwise * TRAP_SHARE) return [];
  const labels = Object.keys(fleet.nodes[one.nodeIndex]?.labels ?? {});
  const label = labels.find((key) => key.startsWith(HOST_MODEL_LABEL)) ?? HOST_MODEL_LABEL;
  const model = label.slice(HOST_MODEL_LABEL.length);
  return [
    aboutGuest(one, {
      severity: 'warning',
      check: 'cpu-trap',
      finding: `host-model ${model}: ${now} of the ${countText(otherwise, 'node')} that would do otherwise can run it`,
      advice: 'give it a CPU model that all nodes have; host-model keeps what it started with',
    }),
  ];
}

/**
 * Guests that may go to the same few nodes and ask for more than these have free: what no order of
 * moves can mend. Every set of nodes that is some guest's is asked about, with all guests whose
 * nodes lie within it.
 */
function crowdedFindings(
  scope: CheckScope,
  movable: readonly CheckedGuest[],
  during: (node: string) => Placement,
): readonly Finding[] {
  if (!scope.atOnce) return [];
  const sets = new Map<string, { nodes: Set<number>; guests: CheckedGuest[] }>();
  for (const one of movable) {
    const nodes = allowedNodes(during(one.node), one.index, one.nodeIndex);
    if (nodes.length === 0) continue;
    const key = nodes.join(' ');
    const set = sets.get(key) ?? { nodes: new Set(nodes), guests: [] };
    set.guests.push(one);
    sets.set(key, set);
  }
  return [...sets.values()].flatMap(({ nodes }) => {
    const within = [...sets.values()].filter((set) => [...set.nodes].every((n) => nodes.has(n)));
    return crowded(
      scope,
      during(''),
      nodes,
      within.flatMap(({ guests }) => guests),
    );
  });
}

function crowded(
  { fleet }: CheckScope,
  placement: Placement,
  nodes: ReadonlySet<number>,
  guests: readonly CheckedGuest[],
): readonly Finding[] {
  const { resources, classOfGuest } = placement.classes;
  const { memory } = resources;
  if (memory < 0) return [];
  let asked = 0;
  for (const { index } of guests) {
    const demand = classOfGuest[index]?.demand;
    asked += demand?.amounts[demand.resources.indexOf(memory)] ?? 0;
  }
  let free = 0;
  for (const node of nodes) {
    free += (resources.allocatable[memory]?.[node] ?? 0) - (resources.used[memory]?.[node] ?? 0);
  }
  if (asked <= free) return [];
  const names = [...nodes].map((node) => fleet.nodes[node]?.name ?? '');
  const shown =
    names.length > 6
      ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
      : names.join(', ');
  return [
    {
      severity: 'blocker',
      check: 'crowded-target',
      about: 'node',
      subject: names.length === 1 ? (names[0] ?? '') : shown,
      node: '',
      finding: `${countText(guests.length, 'guest')} can go nowhere else: they ask for ${bytesText(asked)}, ${bytesText(Math.max(0, free))} are free`,
      advice: 'drain fewer of their nodes at once, or make room there',
    },
  ];
}

/** What a guest that finds no room asks for and its nodes lack, in words. */
import { lackingResources } from '../kubevirt/node-resources.js';
import { chooseNode, type Placement } from '../kubevirt/placement.js';
import { allowedNodes } from '../kubevirt/placement-questions.js';
import { bytesText, countText } from '../outcome/quantity-text.js';
import type { CheckedGuest } from './check-scope.js';

/** The resource that most of its nodes lack; the scheduler's words where it is no resource. */
export function shortOf(placement: Placement, { index, nodeIndex }: CheckedGuest): string {
  const { resources, classOfGuest } = placement.classes;
  const demand = classOfGuest[index]?.demand ?? { resources: [], amounts: [] };
  const nodes = allowedNodes(placement, index, nodeIndex);
  const lacking = nodes.flatMap((node) => lackingResources(resources, node, demand));
  const name = mostFrequent(lacking);
  if (name === null) return chooseNode(placement, index, nodeIndex, 1).message;
  const resource = resources.names.indexOf(name);
  const asked = demand.amounts[demand.resources.indexOf(resource)] ?? 0;
  const free = nodes.map((node) => {
    const given = resources.allocatable[resource]?.[node] ?? 0;
    return Math.max(0, given - (resources.used[resource]?.[node] ?? 0));
  });
  const total = free.reduce((sum, amount) => sum + amount, 0);
  const largest = free.reduce((most, amount) => Math.max(most, amount), 0);
  const text = (amount: number) => amountText(name, amount);
  const own = name === 'memory' ? '' : ` of ${name}`;
  const its = `its ${countText(nodes.length, 'node')}`;
  return total === 0
    ? `it asks for ${text(asked)}${own}; ${its} have none free`
    : `it asks for ${text(asked)}${own}; ${its} have ${text(total)} free in all, ${text(largest)} in one piece`;
}

/** Of equals the first by name. */
function mostFrequent(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [first] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}

/** The scheduler counts CPU in millicores; devices and pods are whole things. */
function amountText(resource: string, amount: number): string {
  if (resource === 'cpu') return `${amount / 1000} cores`;
  const isBytes = /^(memory|ephemeral-storage|hugepages-.*)$/.test(resource);
  return isBytes ? bytesText(amount) : String(amount);
}

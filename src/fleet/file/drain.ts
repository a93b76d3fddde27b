/** Which nodes a fleet file drains, in which order, and how they take turns. */
import { DEFAULT_DRAIN, defaultIfBlocked } from '../defaults.js';
import type { DrainSpec, FleetNode, NetworkSpec } from '../model.js';
import { type ReadContext, wrongAt } from './context.js';
import { matchNames } from './names.js';
import type { FleetField } from './schema.js';

type DrainField = NonNullable<FleetField['drain']>;

export function readDrain(
  context: ReadContext,
  file: FleetField,
  nodes: readonly FleetNode[],
  network: NetworkSpec,
): DrainSpec {
  const field = file.drain ?? {};
  const usual = DEFAULT_DRAIN;
  const rebootUs = field.reboot ?? usual.rebootUs;
  const startUs = drainStartUs(context, field);
  return {
    nodes: drainedNodes(context, field, nodes, network),
    method: field.method ?? usual.method,
    startUs,
    timeoutUs: field.timeout ?? usual.timeoutUs,
    retryUs: field.retry ?? usual.retryUs,
    order: field.order ?? usual.order,
    atOnce: field.atOnce ?? usual.atOnce,
    byRack: field.byRack ?? usual.byRack,
    rebootUs,
    soakUs: field.soak ?? usual.soakUs,
    nodeTimeoutUs: field.nodeTimeout ?? usual.nodeTimeoutUs,
    ifBlocked: field.ifBlocked ?? defaultIfBlocked(rebootUs),
    cordon: field.cordon ?? usual.cordon,
    window: maintenanceWindow(context, field, startUs),
  };
}

function drainStartUs(context: ReadContext, { start, window }: DrainField): number {
  if (start !== undefined && window?.start !== undefined && start !== window.start) {
    const problem = 'the drain begins with its window: give drain.start or drain.window.start';
    throw wrongAt(context, ['drain', 'window', 'start'], problem);
  }
  return window?.start ?? start ?? DEFAULT_DRAIN.startUs;
}

function maintenanceWindow(
  context: ReadContext,
  { window }: DrainField,
  startUs: number,
): DrainSpec['window'] {
  if (window === undefined) return null;
  if (window.end <= startUs) {
    const problem = 'the window has to end after the drain begins';
    throw wrongAt(context, ['drain', 'window', 'end'], problem);
  }
  return { endUs: window.end, atEnd: window.atEnd ?? 'let-finish' };
}

/** Those named, those with the labels, those in the racks; all together, in this order. */
function drainedNodes(
  context: ReadContext,
  field: DrainField,
  nodes: readonly FleetNode[],
  network: NetworkSpec,
): readonly string[] {
  const names = nodes.map((node) => node.name);
  const patterns = typeof field.nodes === 'string' ? [field.nodes] : (field.nodes ?? []);
  const found = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const at = typeof field.nodes === 'string' ? [] : [index];
    for (const name of matchNames(context, ['drain', 'nodes', ...at], pattern, names)) {
      found.add(name);
    }
  }
  if (field.selector !== undefined) {
    const wanted = Object.entries(field.selector);
    const chosen = nodes.filter(({ labels }) =>
      wanted.every(([key, value]) => labels[key] === value),
    );
    if (chosen.length === 0) {
      throw wrongAt(context, ['drain', 'selector'], 'no node has these labels');
    }
    for (const { name } of chosen) found.add(name);
  }
  const racks = typeof field.racks === 'string' ? [field.racks] : (field.racks ?? []);
  for (const rack of racks) {
    const inRack = network.nics.filter((nic) => nic.rack === rack).map(({ node }) => node);
    if (inRack.length === 0) {
      throw wrongAt(context, ['drain', 'racks'], `there is no node in a rack "${rack}"`);
    }
    for (const name of inRack.sort()) found.add(name);
  }
  return [...found];
}

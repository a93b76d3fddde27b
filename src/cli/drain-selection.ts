/** `--drain` and `--drain-selector`: which nodes to empty, in place of what the fleet file says. */
import { didYouMean } from '../fleet/closest.js';
import { InputError } from '../fleet/input-error.js';
import type { Fleet, FleetNode } from '../fleet/model.js';

export interface DrainSelection {
  /** Each `NODE,NODE,…`, as given. */
  readonly drain: readonly string[];
  readonly selector: string | undefined;
}

/** The fleet with the chosen nodes to drain; unchanged when neither option was given. */
export function selectDrain(fleet: Fleet, selection: DrainSelection): Fleet {
  if (selection.drain.length === 0 && selection.selector === undefined) return fleet;
  const chosen = new Set(selection.drain.flatMap((list) => namedNodes(fleet, list)));
  if (selection.selector !== undefined) {
    for (const name of nodesMatching(fleet, selection.selector)) chosen.add(name);
  }
  return { ...fleet, drain: { ...fleet.drain, nodes: [...chosen] } };
}

const NODES_HINTED = 4;

/** How to name nodes of this fleet, for someone who named none: cordoned ones are meant most likely. */
export function drainHint({ nodes, guests }: Fleet): string {
  const counts = new Map<string, number>();
  for (const { node } of guests) if (node !== null) counts.set(node, (counts.get(node) ?? 0) + 1);
  const carrying = nodes.filter(({ name }) => counts.has(name));
  const cordoned = carrying.filter((node) => node.cordoned);
  const [first] = cordoned.length > 0 ? cordoned : carrying;
  if (first === undefined) return '--drain NODE,… or --drain-selector LABEL=VALUE';
  const named = (cordoned.length > 0 ? cordoned : carrying).slice(0, NODES_HINTED);
  const names = `--drain ${named.map(({ name }) => name).join(',')}`;
  const why = cordoned.length > 0 ? ' (cordoned)' : '';
  const label = Object.entries(first.labels).find(([key]) => /(^|\/)(rack|zone)$/.test(key));
  const selector = `--drain-selector ${label === undefined ? 'LABEL=VALUE' : label.join('=')}`;
  return `${names}${why}, or ${selector}`;
}

function namedNodes(fleet: Fleet, list: string): readonly string[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new InputError('--drain', '', `"${list}" names no node`);
  const known = fleet.nodes.map((node) => node.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known) || nodesHint(known);
    throw new InputError('--drain', '', `no node "${name}" in this fleet${hint}`);
  }
  return names;
}

const NODES_NAMED = 8;

/** Where no name is near: what nodes are called here. */
function nodesHint(known: readonly string[]): string {
  const more = known.length > NODES_NAMED ? `, … (${known.length} in all)` : '';
  return ` (nodes: ${[...known].sort().slice(0, NODES_NAMED).join(', ')}${more})`;
}

type Requirement = (node: FleetNode) => boolean;

/** Kubernetes' equality-based selectors: `k=v`, `k!=v`, `k`, `!k`, joined by commas. */
function nodesMatching(fleet: Fleet, selector: string): readonly string[] {
  const requirements = selector.split(',').map((part) => requirement(selector, part.trim()));
  const matching = fleet.nodes.filter((node) => requirements.every((holds) => holds(node)));
  if (matching.length > 0) return matching.map((node) => node.name);
  const hint = labelHint(fleet, selector);
  throw new InputError('--drain-selector', '', `no node has "${selector}"${hint}`);
}

function requirement(selector: string, part: string): Requirement {
  const parsed = /^(!?)([^!=\s]+)(?:(!=|==?)(\S*))?$/.exec(part);
  const [, not, key, operator, value] = parsed ?? [];
  if (key === undefined || (not === '!' && operator !== undefined)) {
    const right = 'LABEL=VALUE, LABEL!=VALUE, LABEL or !LABEL, joined by commas';
    throw new InputError('--drain-selector', '', `"${selector}" is not ${right}`);
  }
  const has: Requirement = (node) => Object.hasOwn(node.labels, key);
  if (operator === undefined) return not === '!' ? (node) => !has(node) : has;
  const equals: Requirement = (node) => has(node) && node.labels[key] === value;
  return operator === '!=' ? (node) => !equals(node) : equals;
}

function labelHint(fleet: Fleet, selector: string): string {
  const key = /^[^!=,]+/.exec(selector)?.[0] ?? '';
  const values = new Set<string>();
  for (const node of fleet.nodes) {
    const value = Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;
    if (value !== undefined) values.add(value);
  }
  if (values.size > 0) return ` (values seen: ${[...values].sort().slice(0, 8).join(', ')})`;
  const keys = new Set(fleet.nodes.flatMap((node) => Object.keys(node.labels)));
  // Kubernetes' labels have a prefix that people leave out: rack for topology.kubernetes.io/rack.
  const whole = key === '' ? [] : [...keys].filter((one) => one.endsWith(`/${key}`)).sort();
  return whole.length > 0 ? ` (labels: ${whole.join(', ')})` : didYouMean(key, keys);
}

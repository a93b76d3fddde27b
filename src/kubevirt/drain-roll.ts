/**
 * Whose turn it is: the roll of a drain over its nodes, as a machine of its own. It knows nothing
 * of guests: it is told when a node is over, and says which node to drain next, which one is back,
 * and when the roll has stopped.
 *
 * A node's turn: waiting, draining, then (where nodes are rebooted) rebooting, soaking, over. A
 * node from its begin to the end of its soak takes one of `atOnce` places; a stage (a rack) begins
 * when all nodes of the one before are over.
 */
import type { IfBlocked } from '../fleet/model.js';

export interface RollPlan {
  /** Nodes in the order of their turns. */
  readonly stages: readonly (readonly number[])[];
  readonly atOnce: number;
  /** From empty to schedulable again; null: nodes stay cordoned. */
  readonly rebootUs: number | null;
  readonly soakUs: number;
  readonly nodeTimeoutUs: number | null;
  readonly ifBlocked: IfBlocked;
}

export type NodeTurn =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'draining'; readonly timeoutUs: number }
  | { readonly kind: 'rebooting'; readonly untilUs: number }
  | { readonly kind: 'soaking'; readonly untilUs: number; readonly end: NodeEnd }
  | { readonly kind: 'over'; readonly end: NodeEnd };

/** How a node's turn ended: `empty` (and cordoned), `back` in use, `blocked`, `lost`. */
export type NodeEnd = 'empty' | 'back' | 'blocked' | 'lost';

export interface Roll {
  readonly plan: RollPlan;
  /** Changed by `setTurn` alone, which keeps the counts below. */
  readonly turns: Map<number, NodeTurn>;
  /** By node: its place in the order of turns, and its stage. */
  readonly places: ReadonlyMap<number, { readonly order: number; readonly stage: number }>;
  stage: number;
  /** Of the present stage: nodes before this index have begun. */
  begun: number;
  /** Nodes from their begin to the end of their soak. */
  placesTaken: number;
  /** By stage: nodes that are over. */
  readonly over: number[];
  /** Nodes whose turn ends by the clock. */
  readonly timed: Set<number>;
  /** No further node begins. */
  stopped: boolean;
  /** Nodes under way are given up: what blocks them is not restarted. */
  calledOff: boolean;
  /** When `due` is to be told; Infinity when only other inputs can change anything. */
  nextUs: number;
}

export type RollInput =
  | { readonly kind: 'begin' }
  /** Nobody is on its way to or from the node any more; `blocked`: somebody is still there. */
  | { readonly kind: 'node-settled'; readonly node: number; readonly blocked: boolean }
  | { readonly kind: 'node-lost'; readonly node: number }
  /** `nextUs` has come. */
  | { readonly kind: 'due' }
  | { readonly kind: 'stop'; readonly callOff: boolean };

export type RollAction =
  | { readonly kind: 'drain-nodes'; readonly nodes: readonly number[] }
  /** Its time is over: what has not begun to move stays. */
  | { readonly kind: 'give-up-node'; readonly node: number }
  | { readonly kind: 'restart-guests'; readonly node: number }
  /** Schedulable again: rebooted, or taken back as it is. */
  | { readonly kind: 'uncordon-node'; readonly node: number; readonly rebooted: boolean }
  | { readonly kind: 'node-over'; readonly node: number; readonly end: NodeEnd }
  /** Nodes that have not begun never will. */
  | { readonly kind: 'roll-stopped'; readonly blockedBy: number | null };

export function createRoll(plan: RollPlan): Roll {
  const turns = new Map<number, NodeTurn>();
  const places = new Map<number, { order: number; stage: number }>();
  for (const [stage, nodes] of plan.stages.entries()) {
    for (const node of nodes) {
      turns.set(node, { kind: 'waiting' });
      places.set(node, { order: places.size, stage });
    }
  }
  return {
    plan,
    turns,
    places,
    stage: 0,
    begun: 0,
    placesTaken: 0,
    over: plan.stages.map(() => 0),
    timed: new Set(),
    stopped: false,
    calledOff: false,
    nextUs: Number.POSITIVE_INFINITY,
  };
}

function setTurn(roll: Roll, node: number, turn: NodeTurn): void {
  const { stage } = roll.places.get(node) as { stage: number };
  count(roll, stage, roll.turns.get(node), -1);
  count(roll, stage, turn, 1);
  roll.turns.set(node, turn);
  if (turnEndsUs(turn) < Number.POSITIVE_INFINITY) roll.timed.add(node);
  else roll.timed.delete(node);
}

function count(roll: Roll, stage: number, turn: NodeTurn | undefined, by: number): void {
  if (takesPlace(turn)) roll.placesTaken += by;
  if (turn?.kind === 'over') roll.over[stage] = (roll.over[stage] as number) + by;
}

/** Every node has had its turn, or never will; the last soak is not waited for. */
export function isRollOver(roll: Roll): boolean {
  for (const turn of roll.turns.values()) {
    if (turn.kind === 'draining' || turn.kind === 'rebooting') return false;
    if (turn.kind === 'waiting' && !roll.stopped) return false;
  }
  return true;
}

export function isDraining(roll: Roll, node: number): boolean {
  return roll.turns.get(node)?.kind === 'draining';
}

export function takeTurn(roll: Roll, nowUs: number, input: RollInput): readonly RollAction[] {
  const actions: RollAction[] = [];
  switch (input.kind) {
    case 'begin':
      break;
    case 'node-settled':
      settleNode(roll, nowUs, input.node, input.blocked, actions);
      break;
    case 'node-lost':
      if (roll.turns.has(input.node)) endTurn(roll, nowUs, input.node, 'lost', actions);
      break;
    case 'due':
      for (const [node, turn] of dueTurns(roll, nowUs)) passTime(roll, nowUs, node, turn, actions);
      break;
    case 'stop':
      stop(roll, null, actions);
      callOff(roll, input.callOff, actions);
      break;
  }
  beginNext(roll, nowUs, actions);
  roll.nextUs = Number.POSITIVE_INFINITY;
  for (const node of roll.timed) {
    roll.nextUs = Math.min(roll.nextUs, turnEndsUs(roll.turns.get(node) as NodeTurn));
  }
  return actions;
}

/** Turns that the clock ends now, in the order of turns. */
function dueTurns(roll: Roll, nowUs: number): readonly (readonly [number, NodeTurn])[] {
  const orderOf = (node: number): number => roll.places.get(node)?.order ?? 0;
  return [...roll.timed]
    .map((node) => [node, roll.turns.get(node) as NodeTurn] as const)
    .filter(([, turn]) => turnEndsUs(turn) <= nowUs)
    .sort(([a], [b]) => orderOf(a) - orderOf(b));
}

function turnEndsUs(turn: NodeTurn): number {
  switch (turn.kind) {
    case 'draining':
      return turn.timeoutUs;
    case 'rebooting':
    case 'soaking':
      return turn.untilUs;
    case 'waiting':
    case 'over':
      return Number.POSITIVE_INFINITY;
  }
}

function passTime(
  roll: Roll,
  nowUs: number,
  node: number,
  turn: NodeTurn,
  actions: RollAction[],
): void {
  switch (turn.kind) {
    case 'draining':
      setTurn(roll, node, { kind: 'draining', timeoutUs: Number.POSITIVE_INFINITY });
      actions.push({ kind: 'give-up-node', node });
      return;
    case 'rebooting':
      actions.push({ kind: 'uncordon-node', node, rebooted: true });
      endTurn(roll, nowUs, node, 'back', actions);
      return;
    case 'soaking':
      setTurn(roll, node, { kind: 'over', end: turn.end });
      return;
    case 'waiting':
    case 'over':
      return;
  }
}

function settleNode(
  roll: Roll,
  nowUs: number,
  node: number,
  blocked: boolean,
  actions: RollAction[],
): void {
  if (!isDraining(roll, node)) return;
  const { rebootUs, ifBlocked } = roll.plan;
  if (!blocked) {
    if (rebootUs === null) endTurn(roll, nowUs, node, 'empty', actions);
    else setTurn(roll, node, { kind: 'rebooting', untilUs: nowUs + rebootUs });
    return;
  }
  switch (roll.calledOff && ifBlocked === 'restart' ? 'uncordon' : ifBlocked) {
    case 'restart':
      actions.push({ kind: 'restart-guests', node });
      return;
    case 'uncordon':
      actions.push({ kind: 'uncordon-node', node, rebooted: false });
      break;
    case 'stop':
      stop(roll, node, actions);
      break;
    case 'leave':
      break;
  }
  endTurn(roll, nowUs, node, 'blocked', actions);
}

/** Only a node that changed something is looked at for a while before the next one. */
function endTurn(
  roll: Roll,
  nowUs: number,
  node: number,
  end: NodeEnd,
  actions: RollAction[],
): void {
  const soaks = roll.plan.soakUs > 0 && (end === 'empty' || end === 'back');
  setTurn(
    roll,
    node,
    soaks ? { kind: 'soaking', untilUs: nowUs + roll.plan.soakUs, end } : { kind: 'over', end },
  );
  actions.push({ kind: 'node-over', node, end });
}

function stop(roll: Roll, blockedBy: number | null, actions: RollAction[]): void {
  if (roll.stopped) return;
  roll.stopped = true;
  actions.push({ kind: 'roll-stopped', blockedBy });
}

function callOff(roll: Roll, wanted: boolean, actions: RollAction[]): void {
  if (!wanted) return;
  roll.calledOff = true;
  for (const [node, turn] of roll.turns) {
    if (turn.kind === 'draining') actions.push({ kind: 'give-up-node', node });
  }
}

/** Free places go to the next nodes of the stage; a stage that is over makes way for the next. */
function beginNext(roll: Roll, nowUs: number, actions: RollAction[]): void {
  const { stages, atOnce, nodeTimeoutUs } = roll.plan;
  if (roll.stopped) return;
  while (roll.stage < stages.length && roll.over[roll.stage] === stages[roll.stage]?.length) {
    roll.stage += 1;
    roll.begun = 0;
  }
  const stage = stages[roll.stage] ?? [];
  const timeoutUs = nodeTimeoutUs === null ? Number.POSITIVE_INFINITY : nowUs + nodeTimeoutUs;
  const nodes: number[] = [];
  for (; roll.placesTaken < atOnce && roll.begun < stage.length; roll.begun += 1) {
    const node = stage[roll.begun] as number;
    // One that was lost before its turn is over.
    if (roll.turns.get(node)?.kind !== 'waiting') continue;
    setTurn(roll, node, { kind: 'draining', timeoutUs });
    nodes.push(node);
  }
  if (nodes.length > 0) actions.push({ kind: 'drain-nodes', nodes });
}

function takesPlace(turn: NodeTurn | undefined): boolean {
  return turn !== undefined && turn.kind !== 'waiting' && turn.kind !== 'over';
}

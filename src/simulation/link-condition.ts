/** What events leave of each link, now: capacity, loss, up or down. */
import { noteCapacity } from '../network/link-log.js';
import { setCapacity } from '../network/max-min.js';
import type { FleetChange, LinkEffect } from './fleet-events.js';
import { type FlowsState, openFlows } from './flow-state.js';
import { relimitFlow } from './flows.js';

/** By link: effects in force, by event. */
export type LinkConditions = Map<number, Map<number, LinkEffect>>;

/** Applies the change; true when a link went down or came back. */
export function changeLinks(
  conditions: LinkConditions,
  flows: FlowsState,
  change: Extract<FleetChange, { kind: 'link' }>,
  nowUs: number,
): boolean {
  let turned = false;
  let lossChanged = false;
  for (const link of change.links) {
    const effects = conditions.get(link) ?? new Map<number, LinkEffect>();
    conditions.set(link, effects);
    if (change.effect === null) effects.delete(change.event);
    else effects.set(change.event, change.effect);
    let share = 1;
    let kept = 1;
    for (const effect of effects.values()) {
      share *= effect.share;
      kept *= 1 - effect.loss;
    }
    const own = flows.topology.links[link]?.capacityBytesPerSecond ?? 0;
    setCapacity(flows.sharing, link, own * share * kept);
    noteCapacity(flows.log, link, nowUs, own * share * kept);
    const isDown = share * kept === 0;
    if (isDown !== flows.down.has(link)) turned = true;
    if (isDown) flows.down.add(link);
    else flows.down.delete(link);
    lossChanged ||= (flows.loss.get(link) ?? 0) !== 1 - kept;
    if (kept < 1) flows.loss.set(link, 1 - kept);
    else flows.loss.delete(link);
  }
  if (lossChanged) for (const flow of openFlows(flows)) relimitFlow(flows, flow);
  return turned;
}

/** The drain as a fleet file has it; what is usual is left out. */
import { DEFAULT_DRAIN, defaultIfBlocked } from '../defaults.js';
import type { Fleet } from '../model.js';
import { formatDuration, formatShare } from '../units.js';
import { type Plain, unless } from './plain.js';

export function writeDrain({ drain }: Fleet): Plain {
  const usual = { ...DEFAULT_DRAIN, ifBlocked: defaultIfBlocked(drain.rebootUs) };
  return {
    ...unless(plainDrain(usual), plainDrain(drain)),
    ...(drain.rebootUs === null ? {} : { reboot: formatDuration(drain.rebootUs) }),
    ...(drain.nodeTimeoutUs === null ? {} : { nodeTimeout: formatDuration(drain.nodeTimeoutUs) }),
    ...(drain.window === null
      ? {}
      : { window: { end: formatDuration(drain.window.endUs), atEnd: drain.window.atEnd } }),
  };
}

function plainDrain(drain: Fleet['drain']): Plain {
  return {
    nodes: drain.nodes,
    method: drain.method,
    start: formatDuration(drain.startUs),
    timeout: formatDuration(drain.timeoutUs),
    retry: formatDuration(drain.retryUs),
    order: drain.order,
    atOnce: plainAtOnce(drain.atOnce),
    byRack: drain.byRack,
    soak: formatDuration(drain.soakUs),
    ifBlocked: drain.ifBlocked,
    cordon: drain.cordon,
  };
}

function plainAtOnce(atOnce: Fleet['drain']['atOnce']): string | number {
  switch (atOnce.kind) {
    case 'all':
      return 'all';
    case 'nodes':
      return atOnce.count;
    case 'share':
      return formatShare(atOnce.share);
  }
}

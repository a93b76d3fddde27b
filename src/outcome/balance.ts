/** How a run left the nodes: the most that came to one at a time, the fullest, and how even they are. */
import type { ReceiverRecord } from '../simulation/result.js';
import { memoryShare } from './tables.js';

export interface Balance {
  /** Target pods on one node at one time; '' and 0 when none came anywhere. */
  readonly inboundPeak: number;
  readonly inboundPeakNode: string;
  /** Memory asked for over what there is, at the fullest moment of any node; null: no limits known. */
  readonly memoryPeakShare: number | null;
  readonly memoryPeakNode: string;
  /** Standard deviation of that share over the nodes that take pods at the end. */
  readonly spreadBefore: number | null;
  readonly spreadAfter: number | null;
}

export function balanceOf(receivers: readonly ReceiverRecord[]): Balance {
  let most: ReceiverRecord | null = null;
  let fullest: { readonly node: string; readonly share: number } | null = null;
  for (const one of receivers) {
    if (one.inboundPeak > (most?.inboundPeak ?? 0)) most = one;
    const share = one.inbound > 0 ? memoryShare(one, one.memoryPeakBytes) : null;
    if (share !== null && share > (fullest?.share ?? 0)) fullest = { node: one.node, share };
  }
  const open = receivers.filter(({ schedulable }) => schedulable);
  return {
    inboundPeak: most?.inboundPeak ?? 0,
    inboundPeakNode: most?.node ?? '',
    memoryPeakShare: fullest?.share ?? null,
    memoryPeakNode: fullest?.node ?? '',
    spreadBefore: spread(open.map((one) => memoryShare(one, one.memoryBeforeBytes))),
    spreadAfter: spread(open.map((one) => memoryShare(one, one.memoryAfterBytes))),
  };
}

function spread(shares: readonly (number | null)[]): number | null {
  const known = shares.filter((share) => share !== null);
  if (known.length === 0) return null;
  const mean = known.reduce((sum, share) => sum + share, 0) / known.length;
  const square = known.reduce((sum, share) => sum + (share - mean) ** 2, 0) / known.length;
  return Math.sqrt(square);
}

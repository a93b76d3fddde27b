/** Which links migrations waited for, and how much of all such waiting each explains. */
import type { RunResult } from '../simulation/result.js';

export interface Bottleneck {
  readonly link: string;
  /** What migrations lost for want of it. */
  readonly waitedUs: number;
  /** Of all waiting for links, 0 to 1. */
  readonly share: number;
  /** How long nothing of it was left. */
  readonly fullUs: number;
}

const LINKS_TOLD = 5;

export function bottlenecks(result: Pick<RunResult, 'linkWaits' | 'links'>): readonly Bottleneck[] {
  let totalUs = 0;
  for (const { waitedUs } of result.linkWaits) totalUs += waitedUs;
  const told = result.linkWaits.slice(0, LINKS_TOLD);
  const fullUs = new Map(told.map(({ link }) => [link, 0]));
  for (const step of result.links) {
    const before = fullUs.get(step.link);
    if (before !== undefined) fullUs.set(step.link, before + step.fullUs);
  }
  return told.map(({ link, waitedUs }) => ({
    link,
    waitedUs,
    share: waitedUs / totalUs,
    fullUs: fullUs.get(link) ?? 0,
  }));
}

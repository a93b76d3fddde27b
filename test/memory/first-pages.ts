/** What a round's plan says of its first pages, span by span. */
import type { RoundPlan } from '../../src/memory/plan.js';

export function firstPages(
  plan: RoundPlan,
  pages: number,
): { readonly bytes: number; readonly zeroPages: number } {
  let left = pages;
  let bytes = 0;
  let zeroPages = 0;
  for (const span of plan.spans) {
    const taken = Math.min(span.pages, left);
    bytes += (span.bytes * taken) / span.pages;
    zeroPages += (span.zeroPages * taken) / span.pages;
    left -= taken;
  }
  return { bytes, zeroPages };
}

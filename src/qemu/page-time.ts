/** How long pages take to send: copying, the sending threads' own work, the network. */
import { type PageCost, pageCost, type SendSpan } from './send-plan.js';
import type { Sender, SendLaw } from './sender-state.js';

/** What a page of the present stretch takes, in µs: while the buffers fill, and after. */
export interface PageTime {
  readonly cost: PageCost;
  readonly fillPages: number;
  readonly fillUs: number;
  readonly us: number;
}

export function pageTime(sender: Sender, law: SendLaw): PageTime {
  const cost = pageCost(law.plan, sender.spanIndex);
  const { cpuUsPerPage } = law.plan.spans[sender.spanIndex] as SendSpan;
  const fillUs = cost.wireBytes / law.fillBytesPerUs + cpuUsPerPage;
  const writeUs = law.bytesPerUs > 0 ? cost.wireBytes / law.bytesPerUs : Number.POSITIVE_INFINITY;
  const us = law.overlapped ? Math.max(writeUs, cpuUsPerPage) : writeUs + cpuUsPerPage;
  const room = law.backlogBytes - (sender.writtenBytes - sender.wireBytes);
  // While a page is written in fillUs the network drains: only the difference fills the buffers.
  const netPerPage = cost.wireBytes - law.drainBytesPerUs * fillUs;
  const fills = law.overlapped && room > 0 && netPerPage > 0;
  return { cost, fillUs, us, fillPages: fills ? room / netPerPage : 0 };
}

export function usForPages(time: PageTime, pages: number): number {
  const filling = Math.min(pages, time.fillPages);
  const rest = pages - filling;
  return filling * time.fillUs + (rest > 0 ? rest * time.us : 0);
}

export function pagesForUs(time: PageTime, us: number): number {
  const fillingUs = time.fillPages * time.fillUs;
  if (us <= fillingUs) return us / time.fillUs;
  return time.fillPages + (time.us > 0 ? (us - fillingUs) / time.us : Number.POSITIVE_INFINITY);
}

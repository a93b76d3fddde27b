/**
 * What a round has to send, in the order of the cursor: stretches of pages that cost the same, on
 * the wire, in QEMU's own count, and in the migration thread's time.
 */
/** Costs of one page. */
export interface PageCost {
  readonly wireBytes: number;
  readonly chargedBytes: number;
}

/** A stretch of pages that cost the same; what it extends are the costs of one of its pages. */
export interface SendSpan extends PageCost {
  /** Cumulative over the round, up to this stretch's end. */
  readonly endPages: number;
  readonly endWireBytes: number;
  /** What QEMU charges to the limit and calls transferred (spec/qemu.md 4: 7.2 uncompressed). */
  readonly endChargedBytes: number;
  readonly endZeroPages: number;
  /** Time for one page in the sending threads besides writing it: zero test, compressor. */
  readonly cpuUsPerPage: number;
  /** Zero pages go into the stream's buffer; only pages with content make QEMU flush it. */
  readonly hasContent: boolean;
}

export interface SendPlan {
  readonly pages: number;
  /** Of these, behind all others: pieces of a VFIO device's data, which are no pages of RAM. */
  readonly devicePages: number;
  readonly wireBytes: number;
  readonly spans: readonly SendSpan[];
}

export const NOTHING_TO_SEND: SendPlan = { pages: 0, devicePages: 0, wireBytes: 0, spans: [] };

/** A stretch of pages before it is put into a plan; mixed stretches cost their mean. */
export interface SpanPages {
  readonly pages: number;
  readonly zeroPages: number;
  readonly wireBytes: number;
  readonly chargedBytes: number;
  /** Chunks whose dirty log the stretch clears before it is sent (KVM's manual protect, spec 2.2). */
  readonly clearedChunks?: number;
}

/** Clear of a chunk with few dirty pages; a full one takes the host's own time (spec 2.5). */
const SPARSE_CLEAR_US = 35;
const CHUNK_PAGES = 2 ** 18;

/**
 * Sums stretches up. `zeroUsPerPage`, `contentUsPerPage`: the sending threads' time for a page;
 * `chunkClearUs`: for the clear of a chunk that is dirty all over, 0 where nothing is cleared.
 */
export function createSendPlan(
  stretches: Iterable<SpanPages>,
  zeroUsPerPage: number,
  contentUsPerPage: number,
  chunkClearUs = 0,
): SendPlan {
  const sparseUs = Math.min(SPARSE_CLEAR_US, chunkClearUs);
  const clearUsPerPage = (chunkClearUs - sparseUs) / CHUNK_PAGES;
  const spans: SendSpan[] = [];
  let endPages = 0;
  let endWireBytes = 0;
  let endChargedBytes = 0;
  let endZeroPages = 0;
  for (const { pages, zeroPages, wireBytes, chargedBytes, clearedChunks = 0 } of stretches) {
    if (pages === 0) continue;
    endPages += pages;
    endWireBytes += wireBytes;
    endChargedBytes += chargedBytes;
    endZeroPages += zeroPages;
    const pagesUs = zeroPages * zeroUsPerPage + (pages - zeroPages) * contentUsPerPage;
    const cpuUs = pagesUs + clearedChunks * sparseUs + pages * clearUsPerPage;
    spans.push({
      wireBytes: wireBytes / pages,
      chargedBytes: chargedBytes / pages,
      endPages,
      endWireBytes,
      endChargedBytes,
      endZeroPages,
      cpuUsPerPage: cpuUs / pages,
      hasContent: zeroPages < pages,
    });
  }
  return { pages: endPages, devicePages: 0, wireBytes: endWireBytes, spans };
}

/** The sending threads' time for a page with content, at most: `pages` or more in `chunks` or fewer. */
export function mostUsPerPage(
  contentUsPerPage: number,
  chunkClearUs: number,
  pages: number,
  chunks: number,
): number {
  const sparseUs = Math.min(SPARSE_CLEAR_US, chunkClearUs);
  const clearUsPerPage = (chunkClearUs - sparseUs) / CHUNK_PAGES;
  return contentUsPerPage + clearUsPerPage + (chunks * sparseUs) / pages;
}

/** The stretch that page number `pages` (0-based) lies in; the last one at the round's end. */
function spanIndexAt(plan: SendPlan, pages: number, from: number): number {
  let low = from;
  let high = plan.spans.length - 1;
  if (low >= high || pages < (plan.spans[low] as SendSpan).endPages) return Math.min(low, high);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pages < (plan.spans[middle] as SendSpan).endPages) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Wire bytes of the first `pages` pages. */
export function wireBytesAt(plan: SendPlan, pages: number, from = 0): number {
  const index = spanIndexAt(plan, pages, from);
  const span = plan.spans[index];
  if (span === undefined) return 0;
  return span.endWireBytes - (span.endPages - pages) * span.wireBytes;
}

/** How many pages, counted from the first, cost so many bytes on the wire: `wireBytesAt` turned round. */
export function pagesAtWireBytes(plan: SendPlan, wireBytes: number): number {
  const span = plan.spans.find(({ endWireBytes }) => wireBytes < endWireBytes);
  if (span === undefined) return plan.pages;
  return Math.max(0, span.endPages - (span.endWireBytes - wireBytes) / span.wireBytes);
}

/** Zero pages among the first `pages` pages, in the mean where a stretch mixes them. */
export function zeroPagesAt(plan: SendPlan, pages: number): number {
  const index = spanIndexAt(plan, pages, 0);
  const span = plan.spans[index];
  if (span === undefined) return 0;
  const before = plan.spans[index - 1];
  const fromPages = before?.endPages ?? 0;
  const fromZeros = before?.endZeroPages ?? 0;
  const share = (pages - fromPages) / (span.endPages - fromPages);
  return fromZeros + share * (span.endZeroPages - fromZeros);
}

/** Costs of one page of the stretch. */
export function pageCost(plan: SendPlan, index: number): PageCost {
  return plan.spans[index] as SendSpan;
}

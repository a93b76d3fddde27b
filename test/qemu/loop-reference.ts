/**
 * QEMU's migration loop as spec/qemu.md 0 and 1.3–1.5 write it down, one page after the other and
 * one turn after the other: slow, and without any of the sender's shortcuts.
 */
import type { SendLaw } from '../../src/qemu/sender-state.js';

interface Page {
  readonly span: number;
  readonly us: number;
  readonly bytes: number;
  readonly isContent: boolean;
}

/** Every page of the plan in its own right. */
function listPages(law: SendLaw): readonly Page[] {
  const pages: Page[] = [];
  let wire = 0;
  for (const [index, span] of law.plan.spans.entries()) {
    const count = span.endPages - pages.length;
    const bytes = (span.endWireBytes - wire) / count;
    const writeUs = bytes / law.bytesPerUs;
    const us = law.overlapped ? Math.max(writeUs, span.cpuUsPerPage) : writeUs + span.cpuUsPerPage;
    for (let i = 0; i < count; i += 1)
      pages.push({ span: index, us, bytes, isContent: span.hasContent });
    wire = span.endWireBytes;
  }
  return pages;
}

export function loopReference(law: SendLaw): {
  readonly endUs: number;
  readonly pages: number;
  readonly bytes: number;
  readonly thresholdBytes: number;
} {
  const pages = listPages(law);
  let nowUs = 0;
  let next = 0;
  let total = 0;
  let windowStartUs = 0;
  let windowBytes = 0;
  let thresholdBytes = 0;
  const closeWindow = (): void => {
    const elapsedMs = Math.floor((nowUs - windowStartUs) / 1000);
    thresholdBytes = (windowBytes / elapsedMs) * law.downtimeLimitMs;
    windowStartUs = nowUs;
    windowBytes = 0;
  };
  for (;;) {
    const pending = (pages.length - next) * 4096;
    if (pending === 0 || pending < thresholdBytes) break;
    const turnStartUs = nowUs;
    let sentInTurn = 0;
    let unflushed = 0;
    let seen = windowBytes;
    let stretchUs = 0;
    let isUsed = seen > law.budget.bytes;
    while (!isUsed && next < pages.length) {
      const page = pages[next] as Page;
      // Zero pages leave the stream's buffer as it is: what is in it counts before them.
      if (!page.isContent && windowBytes > law.budget.bytes) {
        isUsed = true;
        break;
      }
      // The sender rounds its instants up to whole microseconds where a stretch or a turn ends.
      if (next > 0 && (pages[next - 1] as Page).span !== page.span) {
        nowUs += Math.ceil(stretchUs - 1e-6);
        stretchUs = 0;
      }
      next += 1;
      stretchUs += page.us;
      total += page.bytes;
      windowBytes += page.bytes;
      if (page.isContent) unflushed += 1;
      // The count moves when a buffer or a packet is full; zero pages are small change.
      if (!page.isContent || unflushed === law.budget.unitPages) {
        seen = windowBytes;
        if (page.isContent) unflushed = 0;
      }
      isUsed = seen > law.budget.bytes;
      const looks = sentInTurn % 64 === 0;
      sentInTurn += 1;
      if (looks && nowUs + stretchUs - turnStartUs >= 51_000 - 1e-6) break;
    }
    nowUs += Math.ceil(stretchUs - 1e-6);
    total += 18;
    windowBytes += 18;
    if (nowUs - windowStartUs >= 100_000) closeWindow();
    else if (isUsed) {
      nowUs = windowStartUs + 100_000 + law.wakeLatencyUs;
      closeWindow();
    }
  }
  return { endUs: nowUs, pages: next, bytes: total, thresholdBytes };
}

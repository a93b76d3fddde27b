/**
 * The sending half of QEMU's migration loop, turn by turn (spec/qemu.md 0, 1.3–1.5). A turn begins
 * with the threshold test, then sends pages until the window's budget is used up, a slice is over
 * or no dirty page is left; a used-up budget is slept off. Between two turns nothing is decided,
 * so `advanceSender` goes from turn to turn, and over windows that are alike in one step.
 */
import { type PageTime, pagesForUs, pageTime, usForPages } from './page-time.js';
import { type SendSpan, wireBytesAt } from './send-plan.js';
import { logProgress, type SendProgress } from './send-progress.js';
import { pagesToLook, SLICE_US, WINDOW_US } from './send-window.js';
import { closeWindow, drain, passesTest, Sender, type SendLaw } from './sender-state.js';
import { advanceSlices } from './slices.js';
import { PAGE_BYTES } from './wire-format.js';

/** Why an advance ended: a turn whose test passes, another kind of pages, or the time asked for. */
export type AdvanceEnd = 'due' | 'span' | 'until';

/**
 * Goes on to `untilUs`, or to the first turn whose test passes; with `stopsAtSpans` also to where
 * pages of another kind begin. `progress` null: a look ahead, nothing is noted.
 */
export function advanceSender(
  sender: Sender,
  law: SendLaw,
  untilUs: number,
  progress: SendProgress | null,
  options: { readonly stopsAtSpans: boolean; readonly skips: boolean },
): AdvanceEnd {
  for (;;) {
    if (options.skips && advanceSlices(sender, law, untilUs, progress)) return 'until';
    if (sender.loop === 'top') {
      if (law.stopsAtTurn || passesTest(sender, law)) return 'due';
      if (sender.atUs >= untilUs && !sendsNothing(sender, law)) return 'until';
      if (options.skips && skipWindows(sender, law, untilUs, progress)) continue;
      openTurn(sender);
    }
    if (sender.loop === 'asleep') {
      const wakeUs = sender.windowStartUs + WINDOW_US + law.wakeLatencyUs;
      const toUs = Math.min(wakeUs, untilUs);
      drain(sender, law, toUs);
      if (toUs < wakeUs) return 'until';
      wakeUp(sender, law);
      continue;
    }
    const span = sender.spanIndex;
    if (!sendInSpan(sender, law, untilUs, progress)) return 'until';
    if (options.stopsAtSpans && sender.spanIndex !== span) return 'span';
  }
}

/**
 * The budget was used up before the turn begins (a sync ended the one before): the turn takes no
 * time, but may close the window, and with it give another threshold.
 */
function sendsNothing(sender: Sender, law: SendLaw): boolean {
  if (sender.windowBytes <= law.budget.bytes) return false;
  const span = law.plan.spans[sender.spanIndex];
  return span !== undefined && pagesToBudget(sender.windowBytes, 0, law, span) === 0;
}

function openTurn(sender: Sender): void {
  sender.loop = 'sending';
  sender.turnStartUs = sender.atUs;
  sender.turnPages = 0;
  sender.turnContentPages = 0;
}

/**
 * Sends pages of the present stretch until it, the turn or the time is over. False when the time
 * was over first.
 */
function sendInSpan(
  sender: Sender,
  law: SendLaw,
  untilUs: number,
  progress: SendProgress | null,
): boolean {
  const span = law.plan.spans[sender.spanIndex] as SendSpan;
  const time = pageTime(sender, law);
  const toSpanEnd = Math.max(0, span.endPages - sender.pages);
  const toBudget = pagesToBudget(sender.windowBytes, sender.turnContentPages, law, span);
  const toSlice = pagesToSlice(sender, time);
  const pages = Math.min(toSpanEnd, toBudget, toSlice);
  // Rounded by itself, so that a turn takes as long wherever on the clock it lies.
  const endUs = sender.atUs + Math.ceil(usForPages(time, pages) - 1e-6);
  if (!(endUs <= untilUs) || endUs === Number.POSITIVE_INFINITY) {
    const part = Math.min(pages, pagesForUs(time, untilUs - sender.atUs));
    if (Number.isFinite(untilUs)) send(sender, law, time, part, untilUs, progress);
    return false;
  }
  send(sender, law, time, pages, endUs, progress);
  if (pages === toSpanEnd) sender.pages = span.endPages;
  const isSpanOver = pages === toSpanEnd && sender.spanIndex < law.plan.spans.length - 1;
  if (isSpanOver) sender.spanIndex += 1;
  if (pages < toBudget && pages < toSlice && isSpanOver) return true;
  endTurn(sender, law, pages >= toBudget);
  return true;
}

/** Pages from here until QEMU sees the budget used up, at the present stretch's costs. */
function pagesToBudget(
  windowBytes: number,
  turnContentPages: number,
  law: SendLaw,
  span: SendSpan,
): number {
  const { bytes, unitPages, unitsInFlight } = law.budget;
  if (bytes === Number.POSITIVE_INFINITY) return bytes;
  const left = (bytes - windowBytes) / span.chargedBytes + 1e-9;
  if (!span.hasContent) return Math.max(0, Math.floor(left) + 1);
  // The count moves a unit at a time, from the turn's first page on.
  const units = Math.floor((turnContentPages + left) / unitPages) + 1 + unitsInFlight;
  return Math.max(0, units * unitPages - turnContentPages);
}

/** Pages from here to the look at the clock that finds the slice over. */
function pagesToSlice(sender: Sender, time: PageTime): number {
  const leftUs = Math.max(0, sender.turnStartUs + SLICE_US - sender.atUs);
  return pagesToLook(sender.turnPages, pagesForUs(time, leftUs));
}

function send(
  sender: Sender,
  law: SendLaw,
  time: PageTime,
  pages: number,
  toUs: number,
  progress: SendProgress | null,
): void {
  const { cost } = time;
  const wireBefore = sender.wireBytes;
  sender.pages += pages;
  sender.turnPages += pages;
  if ((law.plan.spans[sender.spanIndex] as SendSpan).hasContent) sender.turnContentPages += pages;
  count(sender, pages * cost.chargedBytes, pages * cost.wireBytes);
  drain(sender, law, toUs);
  // Full buffers stay full while pages are waiting.
  if (law.overlapped && pages >= time.fillPages) keepFull(sender, law, wireBefore);
  if (pages > 0) sender.sentUs = toUs;
  if (progress !== null) {
    logProgress(progress, toUs, wireBytesAt(law.plan, sender.pages, sender.spanIndex), 0, 0);
  }
}

function count(sender: Sender, chargedBytes: number, wireBytes: number): void {
  sender.windowBytes += chargedBytes;
  sender.chargedBytes += chargedBytes;
  sender.writtenBytes += wireBytes;
}

function keepFull(sender: Sender, law: SendLaw, wireBefore: number): void {
  const full = sender.writtenBytes - law.backlogBytes;
  sender.wireBytes = Math.max(wireBefore, Math.min(sender.wireBytes, full));
}

/** The loop's bottom: a window of 100 ms or more is closed; a used-up budget is slept off. */
function endTurn(sender: Sender, law: SendLaw, isBudgetUsed: boolean): void {
  // The window counts what is on the wire; the counter that users see is another one.
  sender.windowBytes += law.turnBytes;
  sender.writtenBytes += law.turnBytes;
  sender.chargedBytes += law.turnCountedBytes;
  if (sender.atUs - sender.windowStartUs >= WINDOW_US) {
    closeWindow(sender, law);
    sender.loop = 'top';
  } else {
    sender.loop = isBudgetUsed ? 'asleep' : 'top';
  }
}

/**
 * Awake, QEMU first asks whether the budget is still used up. When the limit was raised meanwhile it
 * is not: the old window goes on, and is closed after its burst (seen in every run with a raise).
 */
function wakeUp(sender: Sender, law: SendLaw): void {
  if (sender.windowBytes > law.budget.bytes) closeWindow(sender, law);
  sender.loop = 'top';
}

/**
 * At a window's start: when the coming window is like the last one and many more fit before the
 * stretch, the time or the round is over, takes them in one step. True when it did.
 */
function skipWindows(
  sender: Sender,
  law: SendLaw,
  untilUs: number,
  progress: SendProgress | null,
): boolean {
  if (sender.windowBytes !== 0 || sender.windowStartUs !== sender.atUs) return false;
  const after = nextWindow(sender, law);
  if (after === null) return false;
  const pages = after.pages - sender.pages;
  const us = after.atUs - sender.atUs;
  const windows = Math.min(
    Math.floor(((law.plan.spans[sender.spanIndex] as SendSpan).endPages - sender.pages) / pages),
    Math.floor((untilUs - sender.atUs) / us),
    Math.floor((pagesToPass(sender, law) - 1) / pages),
  );
  if (!(windows >= 2)) return false;
  const activeUs = after.sentUs - sender.atUs;
  sender.pages += windows * pages;
  sender.sentUs = sender.atUs + (windows - 1) * us + activeUs;
  sender.chargedBytes += windows * (after.chargedBytes - sender.chargedBytes);
  sender.writtenBytes += windows * (after.writtenBytes - sender.writtenBytes);
  const wireBefore = sender.wireBytes;
  drain(sender, law, sender.atUs + windows * us);
  if (law.overlapped) keepFull(sender, law, wireBefore);
  sender.windowStartUs = sender.atUs;
  if (progress !== null) {
    const bytes = wireBytesAt(law.plan, sender.pages, sender.spanIndex);
    logProgress(progress, sender.atUs, bytes, activeUs < us ? us : 0, activeUs);
  }
  return true;
}

/** The sender one window later; null where that window differs from the last one. */
function nextWindow(sender: Sender, law: SendLaw): Sender | null {
  const span = law.plan.spans[sender.spanIndex] as SendSpan;
  const probe = new Sender().copyFrom(sender);
  do {
    if (probe.loop === 'top') {
      if (passesTest(probe, law)) return null;
      openTurn(probe);
    }
    if (probe.loop === 'asleep') {
      drain(probe, law, probe.windowStartUs + WINDOW_US + law.wakeLatencyUs);
      wakeUp(probe, law);
    } else if (!sendInSpan(probe, law, Number.POSITIVE_INFINITY, null)) return null;
    if (probe.spanIndex !== sender.spanIndex || probe.pages >= span.endPages) return null;
  } while (probe.loop !== 'top' || probe.windowStartUs === sender.windowStartUs);
  const isSteady =
    probe.bandwidthBytesPerMs === sender.bandwidthBytesPerMs &&
    probe.thresholdBytes === sender.thresholdBytes &&
    (!law.overlapped || pageTime(sender, law).fillPages < 1e-6);
  return isSteady ? probe : null;
}

/** Pages still to send until the test passes at the present threshold. */
function pagesToPass(sender: Sender, law: SendLaw): number {
  const passing = Math.floor(sender.thresholdBytes / PAGE_BYTES);
  return law.plan.pages - passing - sender.pages;
}

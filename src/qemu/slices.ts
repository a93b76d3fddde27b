/**
 * The sender's turns where no bandwidth limit is set and the network is what limits: each is a 50 ms
 * slice (spec/qemu.md 1.1, 1.4). Between two changes of the network's rate they are alike, so they
 * are gone through with a few sums each, and whole windows of them in one step.
 */
import { type SendSpan, wireBytesAt } from './send-plan.js';
import { logProgress, type SendProgress } from './send-progress.js';
import { pagesToLook, SLICE_US, thresholdBytes, WINDOW_US } from './send-window.js';
import { closeWindow, passesTest, type Sender, type SendLaw } from './sender-state.js';
import { PAGE_BYTES } from './wire-format.js';

/** A turn from its first page on at one rate: time of a page, pages, and how long it takes. */
const US_PER_PAGE = 0;
const PAGES = 1;
const LENGTH_US = 2;
/** Room for these; made once with the law, as they are computed anew for every change of the rate. */
export const SLICE_NUMBERS = 3;

/**
 * Goes on to `untilUs` as far as turns are slices inside the present stretch, or to the first turn
 * whose test passes: exactly where going from turn to turn would stand. Does nothing where another
 * law holds (a budget, buffers that are not full yet). True when the time was over in mid-turn.
 */
export function advanceSlices(
  sender: Sender,
  law: SendLaw,
  untilUs: number,
  progress: SendProgress | null,
): boolean {
  const span = law.plan.spans[sender.spanIndex];
  if (span === undefined || !isSliced(sender, law)) return false;
  measureSlice(law.slice, span, law);
  const fromUs = sender.atUs;
  let isTimeOver = false;
  while (sender.atUs < untilUs) {
    if (sender.loop === 'top') {
      if (passesTest(sender, law)) break;
      if (sender.windowStartUs === sender.atUs) skipAlike(sender, law, span, untilUs);
      if (sender.atUs >= untilUs || passesTest(sender, law)) break;
      sender.loop = 'sending';
      sender.turnStartUs = sender.atUs;
      sender.turnPages = 0;
      sender.turnContentPages = 0;
    }
    if (!sendSlice(sender, law, span, untilUs)) {
      isTimeOver = sender.atUs >= untilUs;
      break;
    }
  }
  if (progress !== null && sender.atUs > fromUs) {
    logProgress(progress, sender.atUs, wireBytesAt(law.plan, sender.pages, sender.spanIndex), 0, 0);
  }
  return isTimeOver;
}

function isSliced(sender: Sender, law: SendLaw): boolean {
  return (
    law.overlapped &&
    law.budget.bytes === Number.POSITIVE_INFINITY &&
    law.bytesPerUs > 0 &&
    !law.stopsAtTurn &&
    sender.loop !== 'asleep' &&
    sender.writtenBytes - sender.wireBytes >= law.backlogBytes
  );
}

function measureSlice(slice: Float64Array, span: SendSpan, law: SendLaw): void {
  const us = Math.max(span.wireBytes / law.bytesPerUs, span.cpuUsPerPage);
  const pages = pagesToLook(0, SLICE_US / us);
  slice[US_PER_PAGE] = us;
  slice[PAGES] = pages;
  slice[LENGTH_US] = Math.ceil(pages * us - 1e-6);
}

/** The rest of the turn; false when the time is over first, or the stretch (then nothing is sent). */
function sendSlice(sender: Sender, law: SendLaw, span: SendSpan, untilUs: number): boolean {
  const { turnPages } = sender;
  const usPerPage = law.slice[US_PER_PAGE] as number;
  let pages = law.slice[PAGES] as number;
  let endUs = sender.atUs + (law.slice[LENGTH_US] as number);
  if (turnPages > 0) {
    const leftUs = Math.max(0, sender.turnStartUs + SLICE_US - sender.atUs);
    pages = pagesToLook(turnPages, leftUs / usPerPage);
    endUs = sender.atUs + Math.ceil(pages * usPerPage - 1e-6);
  }
  if (sender.pages + pages >= span.endPages) return false;
  if (endUs > untilUs) {
    write(sender, law, span, Math.min(pages, (untilUs - sender.atUs) / usPerPage), untilUs, 0);
    return false;
  }
  write(sender, law, span, pages, endUs, 1);
  if (endUs - sender.windowStartUs >= WINDOW_US) closeWindow(sender, law);
  sender.loop = 'top';
  return true;
}

/** Notes `pages` written by `toUs`, with the marks of `turns` turns, and what the network took. */
function write(
  sender: Sender,
  law: SendLaw,
  span: SendSpan,
  pages: number,
  toUs: number,
  turns: number,
): void {
  const charged = pages * span.chargedBytes;
  sender.pages += pages;
  sender.turnPages += pages;
  if (span.hasContent) sender.turnContentPages += pages;
  sender.windowBytes += charged + turns * law.turnBytes;
  sender.chargedBytes += charged + turns * law.turnCountedBytes;
  const earlier = Math.max(0, turns - 1) * law.turnBytes;
  sender.writtenBytes += pages * span.wireBytes + earlier;
  // Full buffers stay full: the network takes what it can of the rest.
  const most = sender.wireBytes + law.drainBytesPerUs * (toUs - sender.atUs);
  const full = sender.writtenBytes - law.backlogBytes;
  sender.wireBytes = Math.max(sender.wireBytes, Math.min(most, full));
  sender.writtenBytes += turns * law.turnBytes - earlier;
  sender.atUs = toUs;
  if (pages > 0) sender.sentUs = toUs;
}

/** At a window's start: takes as many windows as are alike and cannot pass the test, in one step. */
function skipAlike(sender: Sender, law: SendLaw, span: SendSpan, untilUs: number): void {
  const slicePages = law.slice[PAGES] as number;
  const lengthUs = law.slice[LENGTH_US] as number;
  const turns = Math.ceil(WINDOW_US / lengthUs);
  const us = turns * lengthUs;
  // The first turn of all has no mark of a turn before it in the buffers.
  const marked = sender.writtenBytes - sender.wireBytes - law.backlogBytes >= law.turnBytes;
  if (sender.atUs + us > untilUs || !marked) return;
  const pages = turns * slicePages;
  const windowBytes = turns * (slicePages * span.chargedBytes + law.turnBytes);
  const threshold = thresholdBytes(
    windowBytes / Math.floor(us / 1000),
    law.downtimeLimitMs,
    law.availSwitchoverBytesPerSecond,
  );
  const passing = Math.max(sender.thresholdBytes, threshold) / PAGE_BYTES + 1;
  const windows = Math.min(
    Math.floor((untilUs - sender.atUs) / us),
    Math.ceil((span.endPages - sender.pages) / pages) - 1,
    Math.floor((law.plan.pages - passing - sender.pages) / pages),
  );
  if (!(windows >= 1)) return;
  write(sender, law, span, windows * pages, sender.atUs + windows * us, windows * turns);
  sender.windowStartUs = sender.atUs - us;
  sender.windowBytes = windowBytes;
  closeWindow(sender, law);
}

/** How long nothing can be decided while sending: a bound that costs little (spec/qemu.md 1.3–1.5). */
import type { MigrationState } from './migration-state.js';
import type { SendSpan } from './send-plan.js';
import {
  passesThreshold,
  SLICE_CHECK_PAGES,
  SLICE_US,
  thresholdBytes,
  WINDOW_US,
} from './send-window.js';
import { PAGE_BYTES } from './wire-format.js';

/** More than any overshoot of a window's budget: the packet sent last and three in flight. */
const BURST_SLACK_BYTES = 4 * 2 ** 20;
/** More than the pages between two looks at a slice's clock, and a turn's marks. */
const SLICE_SLACK_BYTES = 2 ** 19;
/** A window's length in whole ms is shorter than it is by less than 1 in 100, marks included. */
const WHOLE_MS = 1.012;

/** What the bounds depend on. */
type Sending = Pick<
  MigrationState,
  | 'config'
  | 'asOfUs'
  | 'plan'
  | 'sender'
  | 'downtimeLimitMs'
  | 'maxBandwidthBytesPerSecond'
  | 'postcopyRequested'
>;

/**
 * On the safe side: before this instant, at no higher rate, the test cannot pass and the present
 * stretch of the plan is not over. The threshold is bounded by what the window now open and those
 * after it can have measured, buffers that fill up included.
 */
export function earliestDueUs(state: Sending, bytesPerSecond: number): number {
  const { sender, plan } = state;
  const span = plan.spans[sender.spanIndex];
  if (state.postcopyRequested || span === undefined || bytesPerSecond <= 0) return state.asOfUs;
  const ahead = aheadBytes(state);
  const bandwidth = largestBandwidth(state, bytesPerSecond, ahead);
  const firstUs = reachedUs(state, span, bandwidth, ahead, bytesPerSecond);
  if (state.maxBandwidthBytesPerSecond > 0) return firstUs;
  // Full buffers stay full: windows that open after that measure what the network takes.
  const usPerPage = Math.max((span.wireBytes / bytesPerSecond) * 1e6, span.cpuUsPerPage);
  const turnUs = SLICE_US + SLICE_CHECK_PAGES * usPerPage;
  const fullUs = state.asOfUs + fillUs(state, span, bytesPerSecond);
  if (!(firstUs > fullUs + WINDOW_US + 2 * turnUs)) return firstUs;
  const steady = (bytesPerSecond / 1000) * WHOLE_MS;
  return Math.max(firstUs, reachedUs(state, span, steady, ahead, bytesPerSecond));
}

/** Until the sockets' buffers are full, at most; 0 where they never are. */
function fillUs(state: Sending, span: SendSpan, bytesPerSecond: number): number {
  const { sender, config } = state;
  const room = config.backlogBytes - (sender.writtenBytes - sender.wireBytes);
  if (room <= 0) return 0;
  const pageUs = (span.wireBytes / config.channelsBytesPerSecond) * 1e6 + span.cpuUsPerPage;
  const netBytes = span.wireBytes - (bytesPerSecond / 1e6) * pageUs;
  return netBytes > 0 ? (room / netBytes) * pageUs : 0;
}

/** Whether the round goes on for sure when its sync finds so many dirty pages or more. */
export function goesOn({ sender, config }: MigrationState, dirtyPages: number): boolean {
  const { completesAtThreshold } = config.rules;
  return !passesThreshold(dirtyPages * PAGE_BYTES, sender.thresholdBytes, completesAtThreshold);
}

/**
 * `earliestDueUs` of the round that a sync begins at `nowUs` with so many pages or more, all of one
 * cost on the wire; the buffers may have drained meanwhile.
 */
export function earliestDueAfterSync(
  state: MigrationState,
  nowUs: number,
  pages: number,
  pageBytes: number,
  bytesPerSecond: number,
): number {
  const bytes = pages * pageBytes;
  const span: SendSpan = {
    wireBytes: pageBytes,
    chargedBytes: pageBytes,
    cpuUsPerPage: 0,
    endPages: pages,
    endWireBytes: bytes,
    endChargedBytes: bytes,
    endZeroPages: 0,
    hasContent: true,
  };
  const sender = state.ahead.copyFrom(state.sender);
  // A page that the sync cut off counts on.
  sender.pages = 1;
  sender.spanIndex = 0;
  sender.wireBytes = sender.writtenBytes;
  const after: Sending = {
    config: state.config,
    asOfUs: nowUs,
    plan: { pages, wireBytes: bytes, spans: [span], devicePages: 0 },
    sender,
    downtimeLimitMs: state.downtimeLimitMs,
    maxBandwidthBytesPerSecond: state.maxBandwidthBytesPerSecond,
    postcopyRequested: state.postcopyRequested,
  };
  return earliestDueUs(after, bytesPerSecond);
}

/** When the stretch is over, or as little is left as passes at a bandwidth of so many bytes a ms. */
function reachedUs(
  state: Sending,
  span: SendSpan,
  bytesPerMs: number,
  ahead: number,
  bytesPerSecond: number,
): number {
  const { sender, plan, config } = state;
  const mostLeft = thresholdBytes(
    bytesPerMs * Math.max(1, span.chargedBytes / span.wireBytes),
    state.downtimeLimitMs,
    config.availSwitchoverBytesPerSecond,
  );
  const pages = Math.min(
    plan.pages - sender.pages - mostLeft / PAGE_BYTES,
    span.endPages - sender.pages,
  );
  const bytes = pages * span.wireBytes - ahead;
  // A budget's burst is ahead of the average by a window at most.
  const burstUs = state.maxBandwidthBytesPerSecond > 0 ? WINDOW_US : 0;
  return Math.floor(state.asOfUs + (bytes / bytesPerSecond) * 0.999e6 - burstUs);
}

/**
 * What can be written beside what the network takes: the buffers' room, and a window's overshoot
 * where a budget is spent in a burst.
 */
function aheadBytes({ sender, config, maxBandwidthBytesPerSecond }: Sending): number {
  if (maxBandwidthBytesPerSecond > 0) return config.backlogBytes + BURST_SLACK_BYTES;
  const held = sender.writtenBytes - sender.wireBytes;
  return Math.max(0, config.backlogBytes - held) + SLICE_SLACK_BYTES;
}

/** No window measures more, in bytes a ms: not the last, the open one, nor those at this rate. */
function largestBandwidth(state: Sending, bytesPerSecond: number, inBuffers: number): number {
  const { sender } = state;
  const bytesPerMs = bytesPerSecond / 1000;
  const openMs = (state.asOfUs - sender.windowStartUs) / 1000;
  const windowMs = WINDOW_US / 1000;
  const open =
    (sender.windowBytes + bytesPerMs * Math.max(0, windowMs - openMs)) / Math.max(windowMs, openMs);
  const most = Math.max(sender.bandwidthBytesPerMs, bytesPerMs, open);
  return most * WHOLE_MS + inBuffers / windowMs;
}

/** Where the sending half of QEMU's loop stands, and what it obeys (spec/qemu.md 0, 1.3–1.5). */
import type { SendPlan } from './send-plan.js';
import { passesThreshold, thresholdBytes } from './send-window.js';
import { type BudgetLaw, PAGE_BYTES } from './wire-format.js';

/** Where the sender stands; all as of `atUs`. */
export interface Sender {
  atUs: number;
  /** Pages of the round that are out, with the part of the one under way. */
  pages: number;
  spanIndex: number;
  /** `top`: the threshold test is next; `sending`: in a turn; `asleep`: budget used up. */
  loop: 'top' | 'sending' | 'asleep';
  turnStartUs: number;
  turnPages: number;
  turnContentPages: number;
  windowStartUs: number;
  windowBytes: number;
  /** Of the last closed window; 0 before the first has closed. */
  bandwidthBytesPerMs: number;
  thresholdBytes: number;
  /** Until when bytes went out last. */
  sentUs: number;
  /** QEMU's `transferred`. */
  chargedBytes: number;
  /** Bytes written to the sockets, and bytes that have left on the network. */
  writtenBytes: number;
  wireBytes: number;
}

/** What the sender obeys until the next input; a new rate of the network changes three of it. */
export interface SendLaw {
  readonly plan: SendPlan;
  readonly budget: BudgetLaw;
  /** Speed of writing: the network's share, or the burst speed where only the budget limits. */
  bytesPerUs: number;
  /** What the network takes. */
  drainBytesPerUs: number;
  /** Speed until the sockets' buffers are full, and what they hold. */
  readonly fillBytesPerUs: number;
  readonly backlogBytes: number;
  /** The network is what limits: threads work while it drains. */
  overlapped: boolean;
  readonly downtimeLimitMs: number;
  readonly availSwitchoverBytesPerSecond: number;
  readonly completesAtThreshold: boolean;
  /** What every turn's end costs, on the wire and in `transferred`. */
  readonly turnBytes: number;
  readonly turnCountedBytes: number;
  /** A sleep to the window's end ends late by this. */
  readonly wakeLatencyUs: number;
  /** Every turn's start is awaited (a post-copy request). */
  readonly stopsAtTurn: boolean;
}

export function openSender(nowUs: number): Sender {
  return {
    atUs: nowUs,
    pages: 0,
    spanIndex: 0,
    loop: 'top',
    turnStartUs: nowUs,
    turnPages: 0,
    turnContentPages: 0,
    windowStartUs: nowUs,
    windowBytes: 0,
    bandwidthBytesPerMs: 0,
    thresholdBytes: 0,
    sentUs: nowUs,
    chargedBytes: 0,
    writtenBytes: 0,
    wireBytes: 0,
  };
}

/** Bytes of RAM that QEMU's test sees pending: whole pages not yet sent. */
function pendingBytes(sender: Sender, plan: SendPlan): number {
  return (plan.pages - Math.floor(sender.pages + 1e-6)) * PAGE_BYTES;
}

/** True when QEMU's estimate passes the test. */
export function passesTest(sender: Sender, law: SendLaw): boolean {
  const pending = pendingBytes(sender, law.plan);
  return passesThreshold(pending, sender.thresholdBytes, law.completesAtThreshold);
}

/** Lets the network take what has been written. */
export function drain(sender: Sender, law: Pick<SendLaw, 'drainBytesPerUs'>, toUs: number): void {
  const most = sender.wireBytes + law.drainBytesPerUs * (toUs - sender.atUs);
  sender.wireBytes = Math.max(sender.wireBytes, Math.min(sender.writtenBytes, most));
  sender.atUs = toUs;
}

/** Takes the window's bandwidth, and the threshold that follows; the next window opens. */
export function closeWindow(sender: Sender, law: SendLaw): void {
  const elapsedMs = Math.floor((sender.atUs - sender.windowStartUs) / 1000);
  sender.bandwidthBytesPerMs = sender.windowBytes / elapsedMs;
  sender.thresholdBytes = thresholdBytes(
    sender.bandwidthBytesPerMs,
    law.downtimeLimitMs,
    law.availSwitchoverBytesPerSecond,
  );
  sender.windowStartUs = sender.atUs;
  sender.windowBytes = 0;
}

/** Where the sending half of QEMU's loop stands, and what it obeys (spec/qemu.md 0, 1.3–1.5). */
import type { SendPlan } from './send-plan.js';
import { passesThreshold, thresholdBytes } from './send-window.js';
import { type BudgetLaw, PAGE_BYTES } from './wire-format.js';

const NUMBERS = 13;

/**
 * Where the sender stands; all as of `atUs`. A class, as its numbers lie in one typed array: they
 * change millions of times a run, and looking ahead copies them, which as fields of an object would
 * each cost an allocation.
 */
export class Sender {
  readonly numbers = new Float64Array(NUMBERS);
  spanIndex = 0;
  /** `top`: the threshold test is next; `sending`: in a turn; `asleep`: budget used up. */
  loop: 'top' | 'sending' | 'asleep' = 'top';

  get atUs(): number {
    return this.numbers[0] as number;
  }
  set atUs(value: number) {
    this.numbers[0] = value;
  }
  /** Pages of the round that are out, with the part of the one under way. */
  get pages(): number {
    return this.numbers[1] as number;
  }
  set pages(value: number) {
    this.numbers[1] = value;
  }
  get turnStartUs(): number {
    return this.numbers[2] as number;
  }
  set turnStartUs(value: number) {
    this.numbers[2] = value;
  }
  get turnPages(): number {
    return this.numbers[3] as number;
  }
  set turnPages(value: number) {
    this.numbers[3] = value;
  }
  get turnContentPages(): number {
    return this.numbers[4] as number;
  }
  set turnContentPages(value: number) {
    this.numbers[4] = value;
  }
  get windowStartUs(): number {
    return this.numbers[5] as number;
  }
  set windowStartUs(value: number) {
    this.numbers[5] = value;
  }
  get windowBytes(): number {
    return this.numbers[6] as number;
  }
  set windowBytes(value: number) {
    this.numbers[6] = value;
  }
  /** Of the last closed window; 0 before the first has closed. */
  get bandwidthBytesPerMs(): number {
    return this.numbers[7] as number;
  }
  set bandwidthBytesPerMs(value: number) {
    this.numbers[7] = value;
  }
  get thresholdBytes(): number {
    return this.numbers[8] as number;
  }
  set thresholdBytes(value: number) {
    this.numbers[8] = value;
  }
  /** Until when bytes went out last. */
  get sentUs(): number {
    return this.numbers[9] as number;
  }
  set sentUs(value: number) {
    this.numbers[9] = value;
  }
  /** QEMU's `transferred`. */
  get chargedBytes(): number {
    return this.numbers[10] as number;
  }
  set chargedBytes(value: number) {
    this.numbers[10] = value;
  }
  /** Bytes written to the sockets. */
  get writtenBytes(): number {
    return this.numbers[11] as number;
  }
  set writtenBytes(value: number) {
    this.numbers[11] = value;
  }
  /** Bytes that have left on the network. */
  get wireBytes(): number {
    return this.numbers[12] as number;
  }
  set wireBytes(value: number) {
    this.numbers[12] = value;
  }

  /** Takes over where another sender stands. */
  copyFrom(other: Sender): this {
    for (let i = 0; i < NUMBERS; i += 1) this.numbers[i] = other.numbers[i] as number;
    this.spanIndex = other.spanIndex;
    this.loop = other.loop;
    return this;
  }
}

export function openSender(nowUs: number): Sender {
  const sender = new Sender();
  sender.atUs = nowUs;
  sender.turnStartUs = nowUs;
  sender.windowStartUs = nowUs;
  sender.sentUs = nowUs;
  return sender;
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
  /** Room for slices.ts to work in. */
  readonly slice: Float64Array;
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

/**
 * VFIO's data that go before the switchover (spec/qemu.md 5.2, 5.3): initial bytes, and what the
 * device has changed since. They follow RAM in each round, count in QEMU's estimate, and with
 * switchover-ack nothing switches over until the target has loaded the initial ones.
 */
import type { MigrationAction, MigrationState } from './migration-state.js';
import { sendLaw } from './pace.js';
import type { SendPlan } from './send-plan.js';
import { WINDOW_US } from './send-window.js';
import { closeWindow } from './sender-state.js';
import { PAGE_BYTES } from './wire-format.js';

export interface DevicePrecopy {
  readonly initialBytes: number;
  /** What the device changes while the guest runs. */
  readonly dirtyBytesPerSecond: number;
}

export interface DeviceData {
  readonly precopy: DevicePrecopy;
  /** As of the last sync: to be sent, and of that the initial part, which goes first. */
  leftBytes: number;
  initialLeftBytes: number;
  sentBytes: number;
  asOfUs: number;
  /** When the target's word that it has the initial bytes is here; Infinity until they are sent. */
  ackedUs: number;
}

export function openDeviceData(precopy: DevicePrecopy, nowUs: number): DeviceData {
  return {
    precopy,
    leftBytes: precopy.initialBytes,
    initialLeftBytes: precopy.initialBytes,
    sentBytes: 0,
    asOfUs: nowUs,
    ackedUs: Number.POSITIVE_INFINITY,
  };
}

/** A round's plan with the device's data behind RAM's pages, in pieces of a page. */
export function withDeviceData(plan: SendPlan, device: DeviceData | null): SendPlan {
  const bytes = device?.leftBytes ?? 0;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (pages === 0) return plan;
  const last = plan.spans.at(-1);
  const each = bytes / pages;
  const span = {
    wireBytes: each,
    chargedBytes: each,
    endPages: plan.pages + pages,
    endWireBytes: plan.wireBytes + bytes,
    endChargedBytes: (last?.endChargedBytes ?? 0) + bytes,
    endZeroPages: last?.endZeroPages ?? 0,
    cpuUsPerPage: 0,
    hasContent: true,
  };
  return {
    pages: plan.pages + pages,
    devicePages: pages,
    wireBytes: plan.wireBytes + bytes,
    spans: [...plan.spans, span],
  };
}

/** A round has ended: `pages` of the device's were sent in it. `tripUs`: the ack's way back. */
export function accountDevice(
  device: DeviceData,
  pages: number,
  nowUs: number,
  tripUs: number,
): void {
  const sent = Math.min(device.leftBytes, pages * PAGE_BYTES);
  const dirtied = (device.precopy.dirtyBytesPerSecond * (nowUs - device.asOfUs)) / 1e6;
  device.sentBytes += sent;
  device.initialLeftBytes = Math.max(0, device.initialLeftBytes - sent);
  device.leftBytes += Math.floor(dirtied) - sent;
  device.asOfUs = nowUs;
  if (device.initialLeftBytes === 0) device.ackedUs = Math.min(device.ackedUs, nowUs + tripUs);
}

/** Without the capability, or without initial data, nobody has to agree. */
export function mayTargetSwitch({ config, device, asOfUs }: MigrationState): boolean {
  return config.switchoverAckUs === null || device === null || asOfUs >= device.ackedUs;
}

/**
 * The estimate passes and the exact test does not: every turn sends what there is and asks again
 * (spec 1.3). The threshold in force is put aside, so that a round ends when nothing is left.
 */
export function holdSwitchover(
  state: MigrationState,
  limitBytes: number,
  actions: MigrationAction[],
): void {
  const { sender } = state;
  const decision = whyHeld(state, limitBytes);
  if (decision.action !== state.heldTold) actions.push({ kind: 'decision', ...decision });
  state.heldTold = decision.action;
  state.heldByDevice = true;
  // Turns that have nothing to send close windows as well: their bandwidth is next to nothing.
  if (sender.atUs - sender.windowStartUs >= WINDOW_US) closeWindow(sender, sendLaw(state));
  state.heldThresholdBytes = sender.thresholdBytes;
  state.heldWindowUs = sender.windowStartUs;
  sender.thresholdBytes = 0;
}

function whyHeld(
  state: MigrationState,
  limitBytes: number,
): { readonly action: string; readonly reason: string } {
  if (!mayTargetSwitch(state)) {
    const bytes = state.device?.initialLeftBytes ?? 0;
    const reason = `${bytes} bytes of initial device data are not at the target`;
    return { action: 'waits for switchover-ack', reason };
  }
  const reason = `${state.config.vfioStateBytes} bytes of device state, threshold ${Math.floor(limitBytes)} bytes`;
  return { action: 'held by device state', reason };
}

/** Puts the threshold back, unless a window has given another meanwhile. */
export function releaseSwitchover(state: MigrationState): void {
  const { sender } = state;
  if (!state.heldByDevice) return;
  if (sender.windowStartUs === state.heldWindowUs) sender.thresholdBytes = state.heldThresholdBytes;
}

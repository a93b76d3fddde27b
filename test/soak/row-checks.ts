/** What must hold of a run's rows, told from the rows and the fleet alone. */

import type { Fleet, Guest } from '../../src/fleet/model.js';
import { guestDataSizeGB } from '../../src/kubevirt/data-size.js';
import { settingsFor } from '../../src/kubevirt/policy.js';
import {
  bandwidthBytesPerSecond,
  copiedVolumes,
  ephemeralBytes,
} from '../../src/simulation/migration-setup.js';
import type {
  GuestRecord,
  MigrationRecord,
  RoundRecord,
  RunResult,
} from '../../src/simulation/result.js';

/** Polls come every 0.4 s, and elapsed time counts in whole seconds (spec/kubevirt.md 3.1, 3.2). */
const TIMEOUT_SLACK_US = 1_400_000;
/** SR-IOV devices are unplugged before the monitor begins (spec/kubevirt.md 3.7). */
const UNPLUG_US = 30_000_000;
/** A window of 100 ms overshoots its budget by packets under way, one a channel (spec/qemu.md 1.5). */
const OVERSHOOT_BYTES = 10 * 525_632;
/** Of a mirror, whose slices are as long. */
const BURST_BYTES = 20_000_000;

/** Throws an Error that names the row that cannot be. */
export function checkRows(fleet: Fleet, result: RunResult): void {
  const guests = new Map(fleet.guests.map((guest) => [keyOf(guest), guest]));
  const attempts = new Map<string, MigrationRecord[]>();
  for (const row of result.migrations) {
    const guest = guests.get(keyOf(row));
    if (guest === undefined)
      throw new Error(`rows: a migration of ${keyOf(row)}, which is no guest`);
    attempts.set(keyOf(row), [...(attempts.get(keyOf(row)) ?? []), row]);
    checkTimes(row, result);
    checkBytes(row, guest);
    checkLimits(fleet, guest, row);
  }
  for (const row of result.guests) checkGuest(row, attempts.get(keyOf(row)) ?? []);
  checkRounds(fleet, guests, result.rounds);
  checkOrder(result);
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function checkTimes(row: MigrationRecord, result: RunResult): void {
  const times = [
    result.startUs,
    row.createdUs,
    row.slotUs,
    row.startedUs,
    row.endedUs,
    result.endUs,
  ];
  let before = 0;
  for (const us of times) {
    if (us === null) continue;
    if (!Number.isSafeInteger(us) || us < before) {
      throw new Error(`clock: ${keyOf(row)} attempt ${row.attempt}: ${us} µs after ${before}`);
    }
    before = us;
  }
  if ((row.endedUs === null) !== (row.outcome === 'unfinished')) {
    throw new Error(`rows: ${keyOf(row)} attempt ${row.attempt}: ${row.outcome}, ${row.endedUs}`);
  }
  if (row.outcome !== 'succeeded') return;
  const { downtimeUs, guestPauseUs } = row;
  if (downtimeUs === null || !(downtimeUs > 0) || guestPauseUs < downtimeUs) {
    throw new Error(`rows: ${keyOf(row)}: downtime ${downtimeUs} µs, paused ${guestPauseUs} µs`);
  }
}

/** Every plugged page went over: what is filled costs its bytes at least once. */
function checkBytes(row: MigrationRecord, guest: Guest): void {
  const { transferredBytes, wireBytes, storageBytes } = row;
  for (const bytes of [transferredBytes, wireBytes, storageBytes]) {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new Error(`bytes: ${keyOf(row)}: ${bytes}`);
  }
  if (storageBytes > wireBytes) throw new Error(`bytes: ${keyOf(row)}: more storage than wire`);
  if (row.outcome !== 'succeeded') return;
  let least = 0;
  if (guest.workload.kind === 'regions') {
    for (const region of guest.workload.regions) {
      least += region.bytes * region.filledShare * Math.min(1, region.compressedShare);
    }
  }
  // Shares of pages are rounded, region by region.
  if (wireBytes - storageBytes < least * 0.99 - 1e6 - row.rounds * mixedBytes(guest)) {
    throw new Error(`bytes: ${keyOf(row)} moved ${least} bytes of memory by ${wireBytes} bytes`);
  }
  const disks = copiedVolumes(guest).reduce((sum, { bytes }) => sum + bytes, 0);
  if (storageBytes < disks - copiedVolumes(guest).length) {
    throw new Error(`bytes: ${keyOf(row)} copied ${storageBytes} of ${disks} bytes of its disks`);
  }
}

/**
 * The guest's segments may be so many that a chunk's pages are sent as one mixture: a sync in mid-chunk
 * then takes the first of them for sent, at the price of the mean (src/memory/plan.ts). Cheap pages
 * behind dear ones differ from their mean by a quarter of the chunk at most.
 */
function mixedBytes({ workload }: Guest): number {
  const isMixed =
    workload.kind === 'regions' && workload.regions.some(({ writes }) => writes.kind === 'zipf');
  return isMixed ? 2 ** 28 : 0;
}

/** Time and bandwidth limits of its settings (spec/kubevirt.md 3.2; the legacy path). */
function checkLimits(fleet: Fleet, guest: Guest, row: MigrationRecord): void {
  const { startedUs, endedUs } = row;
  if (startedUs === null || endedUs === null) return;
  const settings = settingsFor(fleet, guest);
  const seconds = (endedUs - startedUs) / 1e6;
  const limit = bandwidthBytesPerSecond(settings);
  const disks = copiedVolumes(guest).length;
  if (limit > 0 && row.storageBytes > disks * (limit * (seconds + 0.1) + BURST_BYTES)) {
    throw new Error(`limits: ${keyOf(row)}: mirrors above ${limit} B/s`);
  }
  const acceptable =
    settings.completionTimeoutPerGiB * guestDataSizeGB(guest, ephemeralBytes(guest));
  if (acceptable === 0 || settings.stallDetector !== null || row.mode === 'PostCopy') return;
  const most = row.mode === 'Paused' ? 2 * acceptable : acceptable;
  const disrupts = settings.allowWorkloadDisruption && row.mode === 'PreCopy';
  const unplugUs = guest.interfaces.some(({ binding }) => binding === 'sriov') ? UNPLUG_US : 0;
  // virt-launcher's monitor waits while QEMU's hangs: limits are noticed when it is over.
  const hangs = fleet.events.map((one) => (one.kind === 'qemu-monitor-hangs' ? one.forUs : 0));
  const slackUs = hangs.reduce((sum, us) => sum + us, TIMEOUT_SLACK_US + unplugUs);
  if (!disrupts && endedUs - startedUs > most * 1e6 + slackUs) {
    throw new Error(`limits: ${keyOf(row)}: ${seconds} s, the completion timeout is ${most} s`);
  }
}

function checkGuest(row: GuestRecord, attempts: readonly MigrationRecord[]): void {
  const succeeded = attempts.filter(({ outcome }) => outcome === 'succeeded');
  const last = succeeded.at(-1);
  const fail = (problem: string) => {
    throw new Error(`guests: ${keyOf(row)} is ${row.outcome} on "${row.finalNode}": ${problem}`);
  };
  switch (row.outcome) {
    case 'moved':
      if (last === undefined) fail('no migration succeeded');
      else if (last.targetNode !== row.finalNode) fail(`the last went to ${last.targetNode}`);
      return;
    case 'lost':
    case 'restarted':
      if (row.finalNode !== '') fail('it runs nowhere');
      return;
    case 'failed':
    case 'unschedulable':
      if (attempts.length === 0) fail('nobody tried');
      if (last === undefined && row.finalNode !== row.sourceNode) fail('it never left');
      return;
    case 'not-movable':
    case 'left':
    case 'waiting':
      if (last === undefined && row.finalNode !== row.sourceNode) fail('it never left');
      return;
    default:
      row.outcome satisfies never;
  }
}

/** Each round begins where the one before ended, within the bandwidth limit. */
function checkRounds(
  fleet: Fleet,
  guests: ReadonlyMap<string, Guest>,
  rounds: readonly RoundRecord[],
): void {
  const before = new Map<string, RoundRecord>();
  for (const row of rounds) {
    const what = `${keyOf(row)} attempt ${row.attempt} round ${row.round}`;
    const last = before.get(`${keyOf(row)} ${row.attempt}`);
    before.set(`${keyOf(row)} ${row.attempt}`, row);
    if (row.endedUs < row.startedUs) throw new Error(`clock: ${what} ends before it begins`);
    if (last !== undefined && (row.startedUs < last.endedUs || row.round <= last.round)) {
      throw new Error(`clock: ${what} begins before round ${last.round} ends`);
    }
    const left = last === undefined ? 0 : last.remainingEndBytes + last.dirtiedBytes;
    if (last !== undefined && row.remainingStartBytes !== left) {
      throw new Error(`pages: ${what} starts with ${row.remainingStartBytes}, left were ${left}`);
    }
    const guest = guests.get(keyOf(row));
    const limit = guest === undefined ? 0 : bandwidthBytesPerSecond(settingsFor(fleet, guest));
    const seconds = (row.endedUs - row.startedUs) / 1e6;
    // However short, it may spend what is left of one window's budget and then the next one's.
    const windows = Math.floor(seconds * 10) + 2;
    if (limit > 0 && row.sentBytes > (limit / 10 + OVERSHOOT_BYTES) * windows) {
      throw new Error(`limits: ${what} sent ${row.sentBytes} bytes in ${seconds} s`);
    }
  }
}

function checkOrder({ links, decisions, linkStepUs }: RunResult): void {
  for (const row of links) {
    if (row.fullUs > row.toUs - row.fromUs || row.toUs - row.fromUs > linkStepUs) {
      throw new Error(`links: ${row.link} full for ${row.fullUs} µs of a step`);
    }
    if (row.bytes < 0 || row.backgroundBytes < 0) throw new Error(`links: ${row.link} below 0`);
  }
  let before = 0;
  for (const { atUs, action } of decisions) {
    if (atUs < before) throw new Error(`clock: ${action} at ${atUs} µs, told after ${before} µs`);
    before = atUs;
  }
}

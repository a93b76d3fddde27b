/** What a page costs on the wire, and what a 100 ms window may send (spec/qemu.md 1.5, 1.7, 2.4). */
import type { Compression } from './compression.js';
import type { VersionRules } from './version.js';

export const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 8;
const ZERO_PAGE_BYTES = 9;
const MULTIFD_PACKET_HEADER_BYTES = 1344;
const MULTIFD_PACKET_PAGES = 128;
/** The main channel's buffer is flushed every 32 content pages (spec 1.7, 2.4). */
export const BUFFER_PAGES = 32;
/** Once a loop turn: the mark of a section's end, and its header and footer (spec 2.4). */
const SECTION_MARK_BYTES = 8;
const SECTION_FRAME_BYTES = 10;

export interface WireFormat {
  /** TCP connections that carry RAM: 1, or the multifd channels. */
  readonly channels: number;
  readonly multifd: boolean;
  readonly compression: Compression;
  readonly zeroPageBytes: number;
  /** Header (or share of a packet's header) of a page with content. */
  readonly pageHeaderBytes: number;
  /** What ends a turn of the loop: on the wire, and in QEMU's `transferred`. */
  readonly turnBytes: number;
  readonly turnCountedBytes: number;
}

/** Channels 0 means plain (one main stream, no multifd). */
export function wireFormat(
  rules: VersionRules,
  multifdChannels: number,
  compression: Compression,
): WireFormat {
  // A SYNC packet a channel where all must drain at every turn.
  const barrier = rules.multifdTurnBarrier ? multifdChannels * MULTIFD_PACKET_HEADER_BYTES : 0;
  const turn = {
    turnBytes: SECTION_MARK_BYTES + SECTION_FRAME_BYTES + barrier,
    turnCountedBytes:
      SECTION_MARK_BYTES + (rules.countsSectionFrames ? SECTION_FRAME_BYTES : 0) + barrier,
  };
  if (multifdChannels === 0) {
    return {
      ...turn,
      channels: 1,
      multifd: false,
      compression: 'none',
      zeroPageBytes: ZERO_PAGE_BYTES,
      pageHeaderBytes: PAGE_HEADER_BYTES,
    };
  }
  const packetShare = MULTIFD_PACKET_HEADER_BYTES / MULTIFD_PACKET_PAGES;
  return {
    ...turn,
    channels: multifdChannels,
    multifd: true,
    compression,
    zeroPageBytes: rules.multifdZeroPages ? packetShare : ZERO_PAGE_BYTES,
    pageHeaderBytes: packetShare,
  };
}

/** How a window's budget is used up: the unit in which QEMU notices what it has sent. */
export interface BudgetLaw {
  /** max-bandwidth / 10; Infinity without a limit. */
  readonly bytes: number;
  /** Pages with content after which the count moves: a page, a flushed buffer, a packet. */
  readonly unitPages: number;
  /** Units that go out after the count has passed the budget: packets in flight. */
  readonly unitsInFlight: number;
}

/** Most packets in flight that were measured on top (10.0: 15 a window with 2 channels, 14–17 with 4). */
const PACKETS_IN_FLIGHT_MAX = 3;

/** The limit of one 100 ms window, and by what it is overshot (spec 1.5, 1.7). 0: no limit. */
export function budgetLaw(
  rules: VersionRules,
  format: WireFormat,
  maxBandwidthBytesPerSecond: number,
): BudgetLaw {
  const bytes =
    maxBandwidthBytesPerSecond === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor(maxBandwidthBytesPerSecond / 10);
  if (format.multifd) {
    // Newer releases count packets sent, not queued: those in flight come on top.
    const inFlight = rules.flushedBudget ? Math.min(format.channels, PACKETS_IN_FLIGHT_MAX) : 0;
    return { bytes, unitPages: MULTIFD_PACKET_PAGES, unitsInFlight: inFlight };
  }
  return { bytes, unitPages: rules.flushedBudget ? BUFFER_PAGES : 1, unitsInFlight: 0 };
}

/** Pages of one cost, from a window's start, that use its budget up; Infinity without a limit. */
export function pagesInBudget(law: BudgetLaw, bytesPerPage: number): number {
  const units = Math.floor(law.bytes / (law.unitPages * bytesPerPage)) + 1 + law.unitsInFlight;
  return units * law.unitPages;
}

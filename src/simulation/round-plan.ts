/**
 * What a round has to send, as QEMU's machine takes it: the guest's dirty pages at the costs of the
 * stream. The one place for it, so that the replay of recorded runs holds what runs of fleets do.
 */
import type { GuestMemory } from '../memory/guest-memory.js';
import { planRound, type RoundSpan, type WireCosts } from '../memory/plan.js';
import { createUnits, type Units } from '../memory/units.js';
import type { MigrationState } from '../qemu/migration-state.js';
import { chunkClearUs } from '../qemu/pace.js';
import { createSendPlan, type SendPlan, type SpanPages } from '../qemu/send-plan.js';
import { PAGE_BYTES, type WireFormat } from '../qemu/wire-format.js';

/** `compressedFactor`: null where nothing is compressed, else over the class's own share. */
export function wireCosts(format: WireFormat, compressedFactor: number | null): WireCosts {
  return {
    zeroPageBytes: format.zeroPageBytes,
    pageBytes: format.pageHeaderBytes + PAGE_BYTES,
    pageHeaderBytes: format.pageHeaderBytes,
    compressedFactor: format.compression === 'none' ? null : compressedFactor,
  };
}

/**
 * The round's plan. `contentUsPerPage`: the sending threads' time for a page with content; `units`:
 * room to work in.
 */
export function roundPlan(
  memory: GuestMemory,
  wire: WireCosts,
  qemu: MigrationState,
  contentUsPerPage: number,
  units: Units = createUnits(0),
): SendPlan {
  const { rules, zeroUsPerPage } = qemu.config;
  // 7.2 charges the limit as if nothing were compressed (spec/qemu.md 4).
  const uncompressed = wire.compressedFactor !== null && rules.chargesUncompressed;
  const charged = (span: RoundSpan): number =>
    span.zeroPages * wire.zeroPageBytes + (span.pages - span.zeroPages) * wire.pageBytes;
  const stretches = planRound(memory, wire, units).spans.map(
    (span): SpanPages => ({
      pages: span.pages,
      zeroPages: span.zeroPages,
      wireBytes: span.bytes,
      chargedBytes: uncompressed ? charged(span) : span.bytes,
      clearedChunks: span.clearedChunks,
    }),
  );
  return createSendPlan(stretches, zeroUsPerPage, contentUsPerPage, chunkClearUs(qemu));
}

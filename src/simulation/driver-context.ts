/** What every migration's driver works with, and whom it tells. */
import type { HostProfile } from '../fleet/model.js';
import type { Fidelity } from '../memory/round.js';
import type { SharedLayouts } from '../memory/shared-layouts.js';
import type { Units } from '../memory/units.js';
import type { MigrationEnding, RoundFacts } from '../qemu/migration-state.js';
import type { ActiveMigration } from './active-migration.js';
import type { FlowsState } from './flow-state.js';

/** What a migration reports while it runs. */
export interface MigrationObserver {
  round(migration: ActiveMigration, round: RoundFacts): void;
  decision(
    migration: ActiveMigration,
    atUs: number,
    actor: 'kubevirt' | 'libvirt' | 'qemu',
    action: string,
    reason: string,
  ): void;
  ended(migration: ActiveMigration, ending: MigrationEnding, nowUs: number): void;
}

export interface DriverContext {
  readonly flows: FlowsState;
  readonly seed: number;
  readonly fidelity: Fidelity;
  /** Memory in shared buffers, for worker threads. */
  readonly sharedMemory: boolean;
  readonly host: HostProfile;
  /** Rounds go on before their sync's pages are counted, where bounds decide (round-ahead.ts). */
  readonly looksAhead: boolean;
  /** Room in which rounds are planned. */
  readonly units: Units;
  /** Layouts of guests that are alike. */
  readonly layouts: SharedLayouts;
  readonly observer: MigrationObserver;
}

/** Drives QEMU's machine without a guest: every sync finds what the test says. */
import type { WrittenPages } from '../../src/qemu/dirty-limit.js';
import { handle, startMigration } from '../../src/qemu/migration.js';
import type {
  MigrationAction,
  MigrationConfig,
  MigrationInput,
  MigrationState,
} from '../../src/qemu/migration-state.js';
import type { TouchedPages } from '../../src/qemu/postcopy-faults.js';
import { createSendPlan, type SendPlan } from '../../src/qemu/send-plan.js';
import { type QemuVersion, versionRules } from '../../src/qemu/version.js';
import { wireFormat } from '../../src/qemu/wire-format.js';

export const MIB = 2 ** 20;

export function config(
  over: Partial<MigrationConfig> = {},
  version?: QemuVersion,
): MigrationConfig {
  const rules = versionRules(version ?? { major: 7, minor: 2 });
  return {
    rules,
    format: wireFormat(rules, 0, 'none'),
    maxBandwidthBytesPerSecond: 64 * MIB,
    maxPostcopyBandwidthBytesPerSecond: 0,
    downtimeLimitMs: 300,
    availSwitchoverBytesPerSecond: 0,
    autoConverge: null,
    dirtyLimit: null,
    postcopyEnabled: true,
    channelsBytesPerSecond: 1e9,
    zeroUsPerPage: 0.25,
    contentUsPerPage: 0,
    backlogBytes: 0,
    postcopyUsPerPage: 0,
    postcopyPreempt: false,
    postcopyFaultUs: 0,
    postcopyQueueBytes: 0,
    postcopyRecoverUs: 3000,
    postcopyGuest: 'idle',
    wakeLatencyUs: 80,
    setupUs: 1000,
    syncUs: 100,
    syncWaitsForVcpus: false,
    chunkClearUs: 0,
    stopUs: 500,
    preSwitchoverUs: 0,
    deviceStateBytes: 10_000,
    deviceStateUs: 2000,
    vfioStateBytes: 0,
    vfioPrecopy: null,
    switchoverAckUs: null,
    returnPath: true,
    finishUs: 0,
    ...over,
  };
}

export interface Outcome {
  readonly state: MigrationState;
  readonly actions: readonly (MigrationAction & { readonly atUs: number })[];
}

interface Script {
  readonly pages: number;
  readonly zeroPages?: number;
  /** Newly dirty pages of the n-th sync after setup (1, 2, …). */
  readonly dirtied: (sync: number, roundUs: number, sentPages: number) => number;
  readonly inputs?: readonly { readonly atUs: number; readonly input: MigrationInput }[];
  readonly touched?: readonly TouchedPages[];
  readonly written?: readonly WrittenPages[];
  readonly linkBytesPerSecond?: number;
  readonly untilUs?: number;
}

export function migrate(config: MigrationConfig, script: Script): Outcome {
  const state = startMigration(config, 0);
  const done: (MigrationAction & { atUs: number })[] = [];
  const link = script.linkBytesPerSecond ?? Number.POSITIVE_INFINITY;
  let dirty = script.pages;
  let zero = script.zeroPages ?? 0;
  let syncs = 0;
  let lastSyncUs = 0;
  let pending: { readyUs: number; input: MigrationInput } | null = null;
  const plan = (): SendPlan => {
    const one = { pages: dirty, zeroPages: zero };
    const bytes = (dirty - zero) * (4096 + config.format.pageHeaderBytes) + zero * 9;
    return createSendPlan(
      [{ ...one, wireBytes: bytes, chargedBytes: bytes }],
      config.zeroUsPerPage,
      0,
    );
  };
  const give = (input: MigrationInput, nowUs: number): void => {
    const actions: MigrationAction[] = [];
    handle(state, input, nowUs, actions);
    for (const action of actions) {
      done.push({ ...action, atUs: nowUs });
      if (action.kind === 'set-flow') {
        give({ kind: 'rate', bytesPerSecond: Math.min(link, action.capBytesPerSecond) }, nowUs);
      } else if (action.kind === 'plan-setup') {
        lastSyncUs = nowUs;
        give({ kind: 'setup-done', plan: plan() }, nowUs);
      } else if (action.kind === 'drain-storage') give({ kind: 'storage-drained' }, nowUs);
      else if (action.kind === 'sync') {
        syncs += 1;
        const unsentPages = dirty - action.sentPages;
        const newlyDirtyPages = script.dirtied(syncs, nowUs - lastSyncUs, action.sentPages);
        lastSyncUs = nowUs;
        dirty = unsentPages + newlyDirtyPages;
        zero = 0;
        const result = {
          plan: plan(),
          dirtyPages: dirty,
          unsentPages,
          newlyDirtyPages,
          dirtyRuns: 1,
          touched: script.touched ?? [],
          written: script.written ?? [],
        };
        pending = { readyUs: action.readyUs, input: { kind: 'sync-done', result } };
      }
    }
  };
  const inputs = [...(script.inputs ?? [])];
  const untilUs = script.untilUs ?? 1e9;
  while (state.phase !== 'ended') {
    const next = pending as { readyUs: number; input: MigrationInput } | null;
    const nowUs = Math.min(state.wakeUs, next?.readyUs ?? 1e18, inputs[0]?.atUs ?? 1e18);
    if (nowUs > untilUs) break;
    if (next?.readyUs === nowUs) {
      pending = null;
      give(next.input, nowUs);
    } else if (inputs[0]?.atUs === nowUs)
      give((inputs.shift() as { input: MigrationInput }).input, nowUs);
    else give({ kind: 'wake' }, nowUs);
  }
  return { state, actions: done };
}

export function of<K extends MigrationAction['kind']>(
  outcome: Outcome,
  kind: K,
): readonly (Extract<MigrationAction, { kind: K }> & { readonly atUs: number })[] {
  return outcome.actions.filter(
    (action): action is Extract<MigrationAction, { kind: K }> & { atUs: number } =>
      action.kind === kind,
  );
}

/**
 * Post-copy (spec/qemu.md 6): the target runs, what is still dirty follows in the background, each
 * page once; pages that the guest touches first are asked for and served before the background.
 */
import type { MigrationAction, MigrationState } from './migration-state.js';
import { drainedUs, setFlow, writeAll } from './pace.js';
import { pageCost } from './send-plan.js';
import { WAKE_LATENCY_US, WINDOW_US } from './send-window.js';
import { budgetLaw, pagesInBudget, SECTION_END_BYTES } from './wire-format.js';

/** The target has resumed; the background stream starts at the beginning of RAM. */
export function beginPostcopy(state: MigrationState, actions: MigrationAction[]): void {
  const downtimeUs = state.asOfUs - (state.stoppedUs ?? state.asOfUs);
  state.downtimeUs = downtimeUs;
  state.phase = 'postcopy';
  state.postcopy = true;
  state.roundStartUs = state.asOfUs;
  writeAll(state, state.plan, 0);
  actions.push({
    kind: 'target-resumed',
    downtimeUs,
    qemuDowntimeUs: state.qemuDowntimeUs ?? downtimeUs,
  });
  state.sender.pages = state.plan.pages;
  setFlow(state, postcopyCap(state), actions);
  schedulePostcopy(state);
}

/**
 * The background's own limit. Once less than the threshold is left QEMU takes the completing path,
 * which no limit holds back (spec 1.7: measured with 10.0 and 7.2).
 */
function postcopyCap(state: MigrationState): number {
  const { config, plan } = state;
  const limit = config.maxPostcopyBandwidthBytesPerSecond;
  if (limit === 0 || isBelowThreshold(state) || plan.spans.length === 0) {
    return config.channelsBytesPerSecond;
  }
  const law = budgetLaw(config.rules, config.format, limit);
  const cost = pageCost(plan, 0);
  const bytes = pagesInBudget(law, cost.chargedBytes) * cost.wireBytes + SECTION_END_BYTES;
  const rate = (bytes * 1e6) / (WINDOW_US + WAKE_LATENCY_US);
  return Math.min(rate, config.channelsBytesPerSecond);
}

function isBelowThreshold(state: MigrationState): boolean {
  const left = state.sender.writtenBytes - state.sender.wireBytes;
  return left <= state.sender.thresholdBytes + 1;
}

/** Wakes when all has left, or where the limit ends. */
export function schedulePostcopy(state: MigrationState): void {
  const limited = state.config.maxPostcopyBandwidthBytesPerSecond > 0 && !isBelowThreshold(state);
  state.wakeUs = drainedUs(state, limited ? state.sender.thresholdBytes : 0);
}

/** At that wake: true when everything has left. */
export function postcopyOn(state: MigrationState, actions: MigrationAction[]): boolean {
  if (state.sender.writtenBytes - state.sender.wireBytes > 1) {
    setFlow(state, postcopyCap(state), actions);
    schedulePostcopy(state);
    return false;
  }
  setFlow(state, 0, actions);
  return true;
}

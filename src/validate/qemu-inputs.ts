/** What the manager told a recorded QEMU in mid-run, as inputs of the machine. */
import type { AutoConvergeParameters } from '../qemu/auto-converge.js';
import type { MigrationInput } from '../qemu/migration-state.js';
import { recordedAutoConverge, withThrottle } from './qemu-config.js';
import { actionsDone } from './qemu-recorded.js';
import type { QemuRun, RecordedAction } from './qemu-run.js';

export interface TimedInput {
  readonly atUs: number;
  readonly input: MigrationInput;
}

/** The actions as they were applied, in the order of their times. */
export function recordedInputs(run: QemuRun): readonly TimedInput[] {
  let autoConverge = recordedAutoConverge(run);
  const inputs: TimedInput[] = [];
  for (const action of [...actionsDone(run)].sort((a, b) => a.at - b.at)) {
    const told = action.do === 'params' ? changes(action.params, autoConverge) : inputsOf(action);
    for (const input of told) {
      inputs.push({ atUs: Math.round(action.at * 1e6), input });
      if (input.kind === 'set-parameters')
        autoConverge = input.changes.autoConverge ?? autoConverge;
    }
  }
  return inputs;
}

function inputsOf(action: Exclude<RecordedAction, { do: 'params' }>): readonly MigrationInput[] {
  switch (action.do) {
    case 'postcopy':
      return [{ kind: 'start-postcopy' }];
    case 'stop':
      return [{ kind: 'suspend' }];
    case 'cancel':
      return [{ kind: 'cancel', reason: 'recorded' }];
    case 'serial':
      // The writer's own: qemu-guest.ts.
      return [];
  }
}

type Parameters = Extract<RecordedAction, { do: 'params' }>['params'];

function changes(
  params: Parameters,
  autoConverge: AutoConvergeParameters | null,
): readonly MigrationInput[] {
  const inputs: MigrationInput[] = [];
  const bandwidth = params['max-bandwidth'];
  const downtime = params['downtime-limit'];
  if (bandwidth !== undefined) inputs.push({ kind: 'set-bandwidth', bytesPerSecond: bandwidth });
  if (downtime !== undefined) inputs.push({ kind: 'set-downtime-limit', ms: downtime });
  const avail = params['avail-switchover-bandwidth'];
  if (avail !== undefined) {
    inputs.push({ kind: 'set-parameters', changes: { availSwitchoverBytesPerSecond: avail } });
  }
  const postcopy = params['max-postcopy-bandwidth'];
  if (postcopy !== undefined) {
    const set = { maxPostcopyBandwidthBytesPerSecond: postcopy };
    inputs.push({ kind: 'set-parameters', changes: set });
  }
  if (autoConverge !== null) {
    const changed = withThrottle(autoConverge, params);
    inputs.push({ kind: 'set-parameters', changes: { autoConverge: changed } });
  }
  return inputs;
}

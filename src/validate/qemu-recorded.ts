/** What follows from a run file's inputs: QEMU's version, what it did, how it tracked. */
import type { Compression } from '../qemu/compression.js';
import type { QemuVersion } from '../qemu/version.js';
import type { QemuRun, RecordedAction } from './qemu-run.js';

/** TCG and the dirty ring: the log is cleared at the sync, which waits for the vCPUs. */
export function tracksAtSync({ config }: QemuRun): boolean {
  return config.accel !== 'kvm' || config.accel_opts.includes('dirty-ring');
}

/** Multifd's; without it the parameter says nothing. */
export function recordedCompression({ config: { caps, params } }: QemuRun): Compression {
  return caps.includes('multifd') ? (params['multifd-compression'] ?? 'none') : 'none';
}

/** What QEMU did: an answer that is an error says that it did nothing. */
export function actionsDone(run: QemuRun): readonly RecordedAction[] {
  return run.actions_applied.filter(({ result }) => !isError(result));
}

function isError(result: unknown): boolean {
  if (typeof result === 'string') return result !== 'ok';
  return typeof result === 'object' && result !== null && 'error' in result;
}

/**
 * Major and minor of the recorded QEMU: of its version text (`Debian 1:10.0.13+ds-0 10.0.13`), else of
 * the run's name (`Q10_…`), else what its settings ask for. Null for a text that has none.
 */
export function versionOfText(run: QemuRun): QemuVersion | null {
  const { qemu } = run;
  if (qemu === undefined) return versionOfName(run) ?? leastVersion(run);
  const text = /(\d+)\.(\d+)(?:\.\d+)*\s*$/.exec(qemu) ?? /(\d+)\.(\d+)/.exec(qemu);
  return text === null ? null : { major: Number(text[1]), minor: Number(text[2]) };
}

function versionOfName({ config }: QemuRun): QemuVersion | null {
  const name = /^Q(\d+)_/.exec(config.name);
  return name === null ? null : { major: Number(name[1]), minor: 0 };
}

/** 7.2, or 10.0 where something is set that 7.2 does not have: the releases that were recorded. */
function leastVersion(run: QemuRun): QemuVersion {
  const { caps } = run.config;
  const isNew =
    caps.includes('dirty-limit') || caps.includes('switchover-ack') || setsAvailSwitchover(run);
  return isNew ? { major: 10, minor: 0 } : { major: 7, minor: 2 };
}

/** `avail-switchover-bandwidth`, at the start or in mid-run. */
export function setsAvailSwitchover({ config, actions_applied }: QemuRun): boolean {
  const changed = actions_applied.flatMap((one) => (one.do === 'params' ? one.params : []));
  return [config.params, ...changed].some((set) => 'avail-switchover-bandwidth' in set);
}

/** The same of a run that was read: its text has a version. */
export function qemuVersionOf(run: QemuRun): QemuVersion {
  return versionOfText(run) ?? leastVersion(run);
}

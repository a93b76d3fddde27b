/** VirtualMachineInstanceMigration objects as what has happened: who moved where, when, how it ended. */
import { InputError } from '../input-error.js';
import type { ClusterMigrationConfiguration } from '../model.js';
import type { SourceDocument } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import {
  at,
  booleanOr,
  elements,
  type Field,
  isSet,
  oneOf,
  requiredText,
  shownValue,
  textOr,
  wrong,
} from './field.js';
import { readMigrations } from './kubevirt.js';
import { objectName, objectNameOr } from './names.js';
import { collectObjects, fullName, isTimestamp, type KubernetesObject } from './objects.js';
import { finishWarnings, newWarningLog, tally, type WarningLog } from './warning-log.js';

/** Instants are microseconds since 1970, as Kubernetes' clocks told them (whole seconds). */
export interface PastMigration {
  readonly namespace: string;
  /** Of the migration object. */
  readonly object: string;
  /** Of the guest. */
  readonly name: string;
  readonly createdUs: number;
  /** Its target pod was made. */
  readonly slotUs: number | null;
  readonly startedUs: number | null;
  /** null: under way. */
  readonly endedUs: number | null;
  /** null until its target pod was ready. */
  readonly sourceNode: string | null;
  readonly targetNode: string | null;
  readonly mode: 'PreCopy' | 'PostCopy' | 'Paused';
  /** `aborted`: by KubeVirt's monitor or by a user; `open`: under way. */
  readonly outcome: 'succeeded' | 'failed' | 'aborted' | 'open';
  readonly failReason: string;
  /** What was in force; null: never handed off. */
  readonly configuration: ClusterMigrationConfiguration | null;
  readonly policy: string;
  /** The node whose drain made it; null: a user's, or a workload update's. */
  readonly evacuatedNode: string | null;
}

/**
 * By creation, then name. Other kinds in the files are passed over.
 * @throws InputError with the path of the wrong field, or when there is no migration at all
 */
export function readPastMigrations(documents: readonly [SourceDocument, ...SourceDocument[]]): {
  readonly migrations: readonly PastMigration[];
  readonly warnings: readonly InputWarning[];
} {
  const log = newWarningLog();
  const objects = collectObjects(documents, log).VirtualMachineInstanceMigration;
  const [{ file }] = documents;
  if (objects.length === 0) {
    const problem =
      'no VirtualMachineInstanceMigration found: "kubectl get …,vmims -A -o json" has them';
    throw new InputError(file, '', problem);
  }
  const read = objects.flatMap((object) => {
    const one = readPastMigration(object, log);
    return one === null ? [] : [one];
  });
  const migrations = read.sort(
    (a, b) => a.createdUs - b.createdUs || compareText(nameOf(a), nameOf(b)),
  );
  return { migrations, warnings: finishWarnings(log, file) };
}

function nameOf({ namespace, object }: PastMigration): string {
  return `${namespace}/${object}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** null, counted, without the one time that every migration has. */
function readPastMigration(object: KubernetesObject, log: WarningLog): PastMigration | null {
  const { field, namespace, name } = object;
  const guest = at(field, 'spec', 'vmiName');
  requiredText(guest);
  const status = at(field, 'status');
  const state = at(status, 'migrationState');
  const phases = phaseTimes(at(status, 'phaseTransitionTimestamps'));
  const createdUs = creation(at(field, 'metadata', 'creationTimestamp')) ?? phases.get('Pending');
  if (createdUs === undefined) {
    tally(log, 'migration without a creationTimestamp; left out', field, fullName(object));
    return null;
  }
  const outcome = outcomeOf(status);
  const ended = phases.get('Succeeded') ?? phases.get('Failed') ?? null;
  const startedUs = instant(at(state, 'startTimestamp'));
  const endedUs = outcome === 'open' ? null : (instant(at(state, 'endTimestamp')) ?? ended);
  if (startedUs !== null && endedUs !== null && endedUs < startedUs) {
    throw wrong(at(state, 'endTimestamp'), 'lies before startTimestamp');
  }
  const configuration = at(state, 'migrationConfiguration');
  return {
    namespace,
    object: name,
    name: objectName(guest),
    createdUs,
    slotUs: phases.get('Scheduling') ?? null,
    startedUs,
    endedUs,
    sourceNode: objectNameOr(at(state, 'sourceNode'), null),
    targetNode: objectNameOr(at(state, 'targetNode'), null),
    mode: oneOf(at(state, 'mode'), ['PreCopy', 'PostCopy', 'Paused'] as const, 'PreCopy'),
    outcome,
    failReason: textOr(at(state, 'failureReason'), ''),
    configuration: isSet(configuration) ? readMigrations(configuration, log) : null,
    policy: textOr(at(state, 'migrationPolicyName'), ''),
    evacuatedNode: objectNameOr(
      at(field, 'metadata', 'annotations', 'kubevirt.io/evacuationMigration'),
      null,
    ),
  };
}

/** An abort's status says that libvirt did abort, whoever asked for it (spec/kubevirt.md 3.5). */
function outcomeOf(status: Field): PastMigration['outcome'] {
  const phase = textOr(at(status, 'phase'), '');
  if (phase === 'Succeeded') return 'succeeded';
  if (phase !== 'Failed') return 'open';
  const state = at(status, 'migrationState');
  const aborted = textOr(at(state, 'abortStatus'), '') === 'Succeeded';
  return aborted || booleanOr(at(state, 'abortRequested'), false) ? 'aborted' : 'failed';
}

function phaseTimes(field: Field): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const transition of elements(field)) {
    const timeUs = instant(at(transition, 'phaseTransitionTimestamp'));
    if (timeUs !== null) times.set(textOr(at(transition, 'phase'), ''), timeUs);
  }
  return times;
}

/** What is no time has been warned of already, as for any object. */
function creation(field: Field): number | null {
  return isSet(field) && isTimestamp(requiredText(field)) ? instant(field) : null;
}

/** @throws InputError when set to what is no RFC 3339 time */
function instant(field: Field): number | null {
  if (!isSet(field)) return null;
  const text = requiredText(field);
  if (!isTimestamp(text)) throw wrong(field, `${shownValue(field)} is not a time (RFC 3339)`);
  return Date.parse(text) * 1000;
}

/** MigrationPolicy objects (spec/kubevirt.md 1.2 to 1.5). */
import type { DowntimeTuningPolicy, MigrationPolicy, StallDetectorPolicy } from '../model.js';
import { parseQuantity } from '../quantity.js';
import {
  at,
  booleanOr,
  entries,
  type Field,
  INT64,
  integerOr,
  isSet,
  quantityOr,
  shownValue,
  textMap,
  textOr,
  wrong,
} from './field.js';
import { DOWNTIME_MS } from './kubevirt.js';
import type { KubernetesObject } from './objects.js';
import { passOverUnknownKeys, type WarningLog } from './warning-log.js';

const KNOWN = [
  'selectors',
  'allowAutoConverge',
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'maxDowntimeMs',
  'allowPostCopy',
  'allowWorkloadDisruption',
  'experimental',
];

/** @throws InputError with the path of the wrong field */
export function readPolicy({ field, name }: KubernetesObject, log: WarningLog): MigrationPolicy {
  const spec = at(field, 'spec');
  passOverUnknownKeys(log, 'MigrationPolicy', entries(spec), KNOWN);
  const experimental = at(spec, 'experimental');
  return {
    name,
    selectors: readSelectors(at(spec, 'selectors')),
    allowAutoConverge: booleanOr(at(spec, 'allowAutoConverge'), null),
    bandwidthPerMigrationBytesPerSecond: quantityOr(at(spec, 'bandwidthPerMigration'), null),
    completionTimeoutPerGiB: integerOr(at(spec, 'completionTimeoutPerGiB'), null, INT64, 0),
    maxDowntimeMs: integerOr(at(spec, 'maxDowntimeMs'), null, DOWNTIME_MS),
    allowPostCopy: booleanOr(at(spec, 'allowPostCopy'), null),
    allowWorkloadDisruption: booleanOr(at(spec, 'allowWorkloadDisruption'), null),
    stallDetector: readStallDetector(at(experimental, 'stallDetector')),
    downtimeTuning: readDowntimeTuning(at(experimental, 'downtimeTuning')),
    compression: textOr(at(experimental, 'compression'), null),
  };
}

function readSelectors(field: Field): MigrationPolicy['selectors'] {
  if (!isSet(field)) return null;
  const selector = (key: string) => (isSet(at(field, key)) ? textMap(at(field, key)) : null);
  return {
    namespace: selector('namespaceSelector'),
    virtualMachineInstance: selector('virtualMachineInstanceSelector'),
  };
}

function readStallDetector(field: Field): StallDetectorPolicy | null {
  if (!isSet(field)) return null;
  return {
    stallMargin: integerOr(at(field, 'stallMargin'), null, INT64, 0),
    stallProgressTimeout: integerOr(at(field, 'stallProgressTimeout'), null, INT64, 0),
    switchoverTimeout: integerOr(at(field, 'switchoverTimeout'), null, INT64, 0),
    ewmaAlpha: readFactor(at(field, 'ewmaAlpha'), (f) => f > 0 && f <= 1, 'above 0 and at most 1'),
    precopyPossibleFactor: readFactor(
      at(field, 'precopyPossibleFactor'),
      (f) => f >= 1,
      'at least 1',
    ),
    patienceWindowDecayFactor: readFactor(
      at(field, 'patienceWindowDecayFactor'),
      (f) => f >= 0 && f <= 1,
      'between 0 and 1',
    ),
    searchLocalMinima: booleanOr(at(field, 'searchLocalMinima'), null),
    completionTimeoutFactor: readFactor(
      at(field, 'completionTimeoutFactor'),
      (f) => f >= 1,
      'at least 1',
    ),
  };
}

/** Factors stay text: KubeVirt's doubles are made from the digits (spec 1.3); bounds: spec 1.2. */
function readFactor(
  field: Field,
  isInRange: (factor: number) => boolean,
  range: string,
): string | null {
  if (!isSet(field)) return null;
  const parsed = parseQuantity(field.value);
  if (!parsed.ok) throw wrong(field, parsed.problem);
  if (!isInRange(parsed.value)) throw wrong(field, `${shownValue(field)}: must be ${range}`);
  return String(field.value);
}

function readDowntimeTuning(field: Field): DowntimeTuningPolicy | null {
  if (!isSet(field)) return null;
  return {
    initialMs: integerOr(at(field, 'initialMs'), null),
    steps: integerOr(at(field, 'steps'), null),
    startAfterIteration: integerOr(at(field, 'startAfterIteration'), null),
    cooldownSeconds: integerOr(at(field, 'cooldownSeconds'), null),
  };
}

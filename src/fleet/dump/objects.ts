/** The Kubernetes objects of one or several dumps, checked for identity and sorted by kind. */
import { pathText, type SourceDocument } from '../source-document.js';
import {
  asObject,
  at,
  elements,
  type Field,
  isSet,
  requiredText,
  rootField,
  textOr,
  wrong,
} from './field.js';
import { namespaceNameOr, objectName } from './names.js';
import { passOver, tally, type WarningLog } from './warning-log.js';

export interface KubernetesObject {
  readonly kind: KnownKind;
  /** '' for what has no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly field: Field;
}

type KnownKind = keyof typeof KNOWN_KINDS;

/** Kind to its API group and whether it lies in a namespace. */
const KNOWN_KINDS = {
  Node: { group: '', namespaced: false },
  Namespace: { group: '', namespaced: false },
  Pod: { group: '', namespaced: true },
  PersistentVolumeClaim: { group: '', namespaced: true },
  ResourceQuota: { group: '', namespaced: true },
  PodDisruptionBudget: { group: 'policy', namespaced: true },
  VirtualMachineInstance: { group: 'kubevirt.io', namespaced: true },
  VirtualMachineInstanceMigration: { group: 'kubevirt.io', namespaced: true },
  KubeVirt: { group: 'kubevirt.io', namespaced: true },
  MigrationPolicy: { group: 'migrations.kubevirt.io', namespaced: false },
} as const;

export type ObjectsByKind = Readonly<Record<KnownKind, readonly KubernetesObject[]>>;

/** @throws InputError for what is no list of objects, for wrong names, and for doubles */
export function collectObjects(
  documents: readonly SourceDocument[],
  log: WarningLog,
): ObjectsByKind {
  const byKind = Object.fromEntries(
    Object.keys(KNOWN_KINDS).map((kind) => [kind, [] as KubernetesObject[]]),
  ) as Record<KnownKind, KubernetesObject[]>;
  const firstOf = new Map<string, Field>();
  for (const document of documents) {
    for (const { field, kind } of flatten(rootField(document), null, [], log)) {
      const object = identify(field, kind, log);
      if (object === null) continue;
      refuseDouble(object, firstOf);
      byKind[object.kind].push(object);
    }
  }
  return byKind;
}

/** True for what kubectl writes: a List, a single known object, or a typed list. */
export function isKubernetesDump(document: SourceDocument): boolean {
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.hasOwn(value, 'kind') || Object.hasOwn(value, 'items');
}

interface Item {
  readonly field: Field;
  readonly kind: string;
}

/** Lists may hold lists (several YAML documents in one file); typed lists give their items' kind. */
function flatten(
  field: Field,
  listKind: string | null,
  found: Item[],
  log: WarningLog,
): readonly Item[] {
  asObject(field);
  const kindField = at(field, 'kind');
  const isRoot = field.path.length === 0;
  const kind = isRoot && !isSet(kindField) ? 'List' : textOr(kindField, listKind);
  if (kind === null) throw wrong(kindField, 'missing');
  if (!kind.endsWith('List')) {
    found.push({ field, kind });
    return found;
  }
  const items = at(field, 'items');
  if (isRoot && !isSet(items)) throw wrong(items, 'expected an array, found nothing');
  const itemKind = kind === 'List' ? null : kind.slice(0, -'List'.length);
  for (const item of elements(items, (value) => isOtherKind(value, log))) {
    flatten(item, itemKind, found, log);
  }
  return found;
}

/** Counts an item of a kind that is no concern of ours: dumps of everything hold many. */
function isOtherKind(value: unknown, log: WarningLog): boolean {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const { kind } = value;
  if (typeof kind !== 'string' || kind.endsWith('List') || isKnownKind(kind)) return false;
  passOver(log, kind.slice(0, 63));
  return true;
}

function identify(field: Field, kind: string, log: WarningLog): KubernetesObject | null {
  if (!isKnownKind(kind)) {
    passOver(log, kind.slice(0, 63));
    return null;
  }
  const { group, namespaced } = KNOWN_KINDS[kind];
  const apiVersion = textOr(at(field, 'apiVersion'), null);
  const actualGroup = apiVersion?.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  if (apiVersion !== null && actualGroup !== group) {
    passOver(log, `${kind} of ${(actualGroup === '' ? apiVersion : actualGroup).slice(0, 63)}`);
    return null;
  }
  const metadata = at(field, 'metadata');
  if (!isSet(metadata)) throw wrong(metadata, 'missing');
  const namespace = namespaced ? namespaceNameOr(at(metadata, 'namespace'), 'default') : '';
  const name = objectName(at(metadata, 'name'));
  const object = { kind, namespace, name, field };
  warnBadTimestamp(object, log);
  return object;
}

function isKnownKind(kind: string): kind is KnownKind {
  return Object.hasOwn(KNOWN_KINDS, kind);
}

export function fullName(object: KubernetesObject): string {
  return object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
}

function refuseDouble(object: KubernetesObject, firstOf: Map<string, Field>): void {
  const key = `${object.kind} ${fullName(object)}`;
  const first = firstOf.get(key);
  if (first === undefined) {
    firstOf.set(key, object.field);
    return;
  }
  const isSameFile = first.document === object.field.document;
  const where = `${isSameFile ? '' : `${first.document.file} `}${pathText(first.path) || 'the top'}`;
  throw wrong(object.field, `${key} appears twice (first at ${where})`);
}

function warnBadTimestamp(object: KubernetesObject, log: WarningLog): void {
  const field = at(object.field, 'metadata', 'creationTimestamp');
  if (isSet(field) && !isTimestamp(requiredText(field))) {
    tally(log, 'creationTimestamp is not a date; not used', field, fullName(object));
  }
}

/** RFC 3339 with days and zones that exist: Date.parse rolls 30 February over. */
export function isTimestamp(text: string): boolean {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(
      text,
    );
  if (match === null || Number.isNaN(Date.parse(text))) return false;
  const [, year, month, day] = match.map(Number);
  const monthNumber = month ?? 0;
  const days = new Date(Date.UTC(year ?? 0, monthNumber, 0)).getUTCDate();
  return monthNumber >= 1 && monthNumber <= 12 && (day ?? 0) >= 1 && (day ?? 0) <= days;
}

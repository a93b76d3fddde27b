/**
 * What happens to a fleet file's values before its schema sees them: `--set PATH=VALUE` first,
 * then `${…}` in every text but the parameters themselves. Shapes stay, so that paths in the
 * result are paths in the file.
 */
import { parseDocument } from 'yaml';
import { didYouMean } from '../closest.js';
import { InputError } from '../input-error.js';
import { errorAt, type Path, type SourceDocument } from '../source-document.js';
import { ExpressionError, evaluate, type Parameters, type ParameterValue } from './expression.js';
import { pathInFile } from './kubevirt-place.js';
import { isPlain } from './plain.js';

/** One `--set PATH=VALUE`; the value is read as YAML (`8`, `true`, `8Gi`, `[a, b]`). */
export interface Setting {
  readonly path: string;
  readonly value: string;
}

type Tree = Record<string, unknown>;

const DEPTH_LIMIT = 64;

/** The document's value with settings and parameters applied; the document itself is not changed. */
export function applyParameters(document: SourceDocument, settings: readonly Setting[]): unknown {
  const value = copy(document, document.value, []);
  for (const setting of settings) {
    applySetting(value, setting);
  }
  if (!isTree(value)) {
    return value;
  }
  const parameters = readParameters(document, value.parameters);
  for (const key of Object.keys(value)) {
    if (key !== 'parameters') {
      value[key] = substituted(document, value[key], parameters, [key]);
    }
  }
  return value;
}

/** A copy of the file's own, to be changed. */
function isTree(value: unknown): value is Tree {
  return isPlain(value);
}

function copy(document: SourceDocument, value: unknown, path: Path): unknown {
  if (path.length > DEPTH_LIMIT) {
    throw errorAt(document, path.slice(0, 8), `nested deeper than ${DEPTH_LIMIT} levels`);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => copy(document, item, [...path, index]));
  }
  if (!isTree(value)) {
    return value;
  }
  const tree: Tree = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__') {
      throw errorAt(document, path, 'unknown key "__proto__"');
    }
    tree[key] = copy(document, value[key], [...path, key]);
  }
  return tree;
}

function readParameters(document: SourceDocument, value: unknown): Parameters {
  const parameters = new Map<string, ParameterValue>();
  if (isTree(value)) {
    for (const [name, parameter] of Object.entries(value)) {
      const plain = ['string', 'number', 'boolean'].includes(typeof parameter);
      if (!plain || !/^[A-Za-z_][\w-]*$/.test(name)) {
        const wanted = 'a parameter is a name (letters, digits, _) and a number or a text';
        throw errorAt(document, ['parameters', name], wanted);
      }
      parameters.set(name, parameter as ParameterValue);
    }
  }
  return parameters;
}

function substituted(
  document: SourceDocument,
  value: unknown,
  parameters: Parameters,
  path: Path,
): unknown {
  if (typeof value === 'string') {
    return value.includes('${') ? filledIn(document, value, parameters, path) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item, at) => substituted(document, item, parameters, [...path, at]));
  }
  if (isTree(value)) {
    for (const key of Object.keys(value)) {
      value[key] = substituted(document, value[key], parameters, [...path, key]);
    }
  }
  return value;
}

function filledIn(
  document: SourceDocument,
  text: string,
  parameters: Parameters,
  path: Path,
): string {
  return text.replace(/\$\$\{|\$\{([^}]*)\}/g, (match, expression: string | undefined) => {
    if (expression === undefined) {
      return match.slice(1);
    }
    try {
      return String(evaluate(expression, parameters));
    } catch (error) {
      if (error instanceof ExpressionError) {
        throw errorAt(document, path, error.message);
      }
      throw error;
    }
  });
}

/** The text that is read back as this one: `${` is written `$${`. */
export function escapeParameters(text: string): string {
  return text.replaceAll(/\$\{/g, (match) => `$${match}`);
}

function applySetting(root: unknown, setting: Setting): void {
  const keys = pathInFile(isTree(root) ? root.kubevirt : null, pathKeys(setting));
  let at: unknown = root;
  for (const [depth, key] of keys.entries()) {
    const last = depth === keys.length - 1;
    const here: unknown = at;
    if (Array.isArray(here) ? typeof key !== 'number' || key >= here.length : !isTree(here)) {
      throw settingError(setting, `there is no ${describePath(keys, depth)} in the file`);
    }
    const tree = here as Record<string | number, unknown>;
    if (depth === 1 && keys[0] === 'parameters' && !Object.hasOwn(tree, key)) {
      const hint = didYouMean(String(key), Object.keys(tree));
      throw settingError(setting, `the file has no parameter "${key}"${hint}`);
    }
    if (last) {
      tree[key] = settingValue(setting);
    } else {
      tree[key] ??= {};
      at = tree[key];
    }
  }
}

function describePath(keys: Path, depth: number): string {
  return `"${keys.slice(0, depth + 1).join('.')}"`;
}

/** `guests[0].memory` → ['guests', 0, 'memory']; keys with dots in quotes: `labels["a.b/c"]`. */
function pathKeys(setting: Setting): Path {
  const step = /(?:^|\.)([\w-]+)|\[(\d+)\]|\["([^"]+)"\]/y;
  const keys: (string | number)[] = [];
  while (step.lastIndex < setting.path.length) {
    const match = step.exec(setting.path);
    const name = match?.[1] ?? match?.[3];
    if (match === null || name === '__proto__') {
      throw settingError(setting, 'a path is like parameters.guests or guests[0].memory');
    }
    keys.push(name ?? Number(match[2]));
  }
  if (keys.length === 0) {
    throw settingError(setting, 'a path is like parameters.guests or guests[0].memory');
  }
  return keys;
}

function settingValue(setting: Setting): unknown {
  try {
    const document = parseDocument(setting.value, { version: '1.2' });
    // A warning is a tag that nobody knows.
    if (document.errors.length + document.warnings.length === 0) {
      return document.toJS({ maxAliasCount: 0 });
    }
  } catch {
    // An alias.
  }
  throw settingError(setting, `${JSON.stringify(setting.value)} is not a value in YAML`);
}

function settingError(setting: Setting, problem: string): InputError {
  return new InputError('--set', setting.path, problem);
}

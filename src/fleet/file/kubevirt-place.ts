/**
 * Where a fleet file's `kubevirt` has its configuration: in the CR's spec, in a spec pasted as it is,
 * or at its top. `--set kubevirt.migrations…` means the same in each; a file that has some of it here
 * and some there means two things.
 */
import type { Path } from '../source-document.js';
import { CONFIGURATION_FIELDS } from './schema-kubevirt.js';

type Tree = Readonly<Record<string, unknown>>;

const IN_SPEC = ['spec', 'configuration'];
const IN_CONFIGURATION = ['configuration'];

/** The path of a setting as it has to be in this file; any other path as it is. */
export function pathInFile(kubevirt: unknown, path: Path): Path {
  const [first, ...rest] = path;
  if (first !== 'kubevirt' || !isTree(kubevirt)) return path;
  for (const place of [IN_SPEC, IN_CONFIGURATION, []]) {
    const [field, ...within] = startsWith(rest, place) ? rest.slice(place.length) : [];
    if (typeof field !== 'string' || !CONFIGURATION_FIELDS.includes(field)) continue;
    return ['kubevirt', ...placeIn(kubevirt), field, ...within];
  }
  return path;
}

/** A field of the configuration that stands outside of it; null: there is none. */
export function misplacedField(kubevirt: Tree): Path | null {
  const place = placeIn(kubevirt);
  if (place.length === 0) return null;
  const field = CONFIGURATION_FIELDS.find((name) => kubevirt[name] !== undefined);
  if (field !== undefined) return [field];
  return place === IN_SPEC && kubevirt.configuration !== undefined ? IN_CONFIGURATION : null;
}

function placeIn({ spec, configuration }: Tree): readonly string[] {
  if (isTree(spec)) return IN_SPEC;
  return isTree(configuration) ? IN_CONFIGURATION : [];
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, i) => path[i] === key);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

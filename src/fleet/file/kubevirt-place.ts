/**
 * Where a fleet file's `kubevirt` has its configuration: in the CR's spec, in a spec pasted as it is,
 * or at its top. `--set kubevirt.migrations…` means the same in each; a file that has some of it here
 * and some there means two things.
 */
import type { Path } from '../source-document.js';
import { isPlain, type Plain } from './plain.js';
import { CONFIGURATION_FIELDS } from './schema-kubevirt.js';

const IN_SPEC = ['spec', 'configuration'];
const IN_CONFIGURATION = ['configuration'];

/** The path of a setting as it has to be in this file; any other path as it is. */
export function pathInFile(kubevirt: unknown, path: Path): Path {
  const [first, ...rest] = path;
  if (first !== 'kubevirt' || !isPlain(kubevirt)) return path;
  for (const place of [IN_SPEC, IN_CONFIGURATION, []]) {
    const [field, ...within] = startsWith(rest, place) ? rest.slice(place.length) : [];
    if (typeof field !== 'string' || !CONFIGURATION_FIELDS.includes(field)) continue;
    return ['kubevirt', ...placeIn(kubevirt), field, ...within];
  }
  return path;
}

/** What of the configuration stands outside of it, and where it belongs; null: nothing does. */
export function misplacedField(
  kubevirt: Plain,
): { readonly field: string; readonly place: readonly string[] } | null {
  const place = placeIn(kubevirt);
  const outside =
    place === IN_SPEC ? [...CONFIGURATION_FIELDS, 'configuration'] : CONFIGURATION_FIELDS;
  const field = outside.find((name) => kubevirt[name] !== undefined);
  return place.length === 0 || field === undefined ? null : { field, place };
}

function placeIn({ spec, configuration }: Plain): readonly string[] {
  if (isPlain(spec)) return IN_SPEC;
  return isPlain(configuration) ? IN_CONFIGURATION : [];
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, i) => path[i] === key);
}

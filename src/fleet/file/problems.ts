/** What zod found wrong with a fleet file, as the one error that a person is told. */
import type { z } from 'zod';
import type { InputError } from '../input-error.js';
import { describeValue, errorAt, type Path, type SourceDocument } from '../source-document.js';

interface Finding {
  readonly path: Path;
  readonly problem: string;
}

/** The first thing that is wrong, in the order of the schema. */
export function schemaError(
  document: SourceDocument,
  value: unknown,
  error: z.core.$ZodError,
): InputError {
  const findings = error.issues.map((issue) => findingOf(issue, [], value));
  const first = findings[0] ?? { path: [], problem: 'this is no fleet file' };
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return errorAt(document, first.path, `${first.problem}${more}`);
}

function findingOf(issue: z.core.$ZodIssue, above: Path, root: unknown): Finding {
  const path = [
    ...above,
    ...issue.path.map((key) => (typeof key === 'number' ? key : String(key))),
  ];
  const value = valueAt(root, path);
  switch (issue.code) {
    case 'invalid_union': {
      const branch = likeliestBranch(issue, value);
      return branch === null
        ? { path, problem: unionProblem(issue, value) }
        : findingOf(branch, path, root);
    }
    case 'unrecognized_keys':
      return { path: [...path, issue.keys[0] ?? ''], problem: issue.message };
    case 'invalid_type':
      return {
        path,
        problem:
          value === undefined
            ? 'missing'
            : `expected ${kindName(issue.expected)}, found ${describeValue(value)}`,
      };
    case 'invalid_value':
      return { path, problem: value === undefined ? 'missing' : valueProblem(issue, value) };
    default:
      return { path, problem: issue.message };
  }
}

function valueProblem(issue: z.core.$ZodIssueInvalidValue, value: unknown): string {
  // A message of the schema's own says more than the list of values.
  if (!issue.message.startsWith('Invalid')) {
    return issue.message;
  }
  return `expected ${issue.values.map(String).join(', ')}, found ${describeValue(value)}`;
}

/** The alternative that got further than its first step: the one that was meant. */
function likeliestBranch(
  issue: z.core.$ZodIssueInvalidUnion,
  value: unknown,
): z.core.$ZodIssue | null {
  if (value === undefined) {
    return null;
  }
  const inside = issue.errors.find((issues) => issues.every((inner) => !isAtTop(inner)));
  return inside?.[0] ?? null;
}

function isAtTop(issue: z.core.$ZodIssue): boolean {
  return (
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
  );
}

function unionProblem(issue: z.core.$ZodIssueInvalidUnion, value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  const wanted = issue.errors.flatMap((issues) => issues.flatMap(wantedBy));
  const unique = [...new Set(wanted)];
  return unique.length === 0
    ? issue.message
    : `expected ${unique.join(' or ')}, found ${describeValue(value)}`;
}

function wantedBy(issue: z.core.$ZodIssue): readonly string[] {
  switch (issue.code) {
    case 'invalid_type':
      return [kindName(issue.expected)];
    case 'invalid_value':
      return issue.values.map(String);
    default:
      return [];
  }
}

function kindName(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'a mapping';
    case 'array':
      return 'a list';
    case 'string':
      return 'a text';
    default:
      return `a ${expected}`;
  }
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

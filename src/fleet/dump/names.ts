/** Kubernetes names. They end up in messages and CSV, so nothing else may pass for one. */
import { quoteShort } from '../source-document.js';
import { type Field, requiredText, textOr, wrong } from './field.js';

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** RFC 1123 subdomain: names of nodes, guests, claims and most other objects. */
function isSubdomain(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
}

/** RFC 1123 label: names of namespaces. */
function isNamespaceName(name: string): boolean {
  return name.length <= 63 && LABEL.test(name);
}

export function isLabelValue(value: string): boolean {
  return value.length <= 63 && LABEL_VALUE.test(value);
}

/** @throws InputError unless the field holds the name of an object */
export function objectName(field: Field): string {
  return checked(field, requiredText(field), isSubdomain);
}

/** @throws InputError when set to something that is not an object's name */
export function objectNameOr<T>(field: Field, fallback: T): string | T {
  const name = textOr(field, '');
  return name === '' ? fallback : checked(field, name, isSubdomain);
}

/** @throws InputError when set to something that is not a namespace's name */
export function namespaceNameOr(field: Field, fallback: string): string {
  const name = textOr(field, '');
  return name === '' ? fallback : checked(field, name, isNamespaceName);
}

function checked(field: Field, name: string, isValid: (name: string) => boolean): string {
  if (!isValid(name)) throw wrong(field, `${quoteShort(name)} is not a Kubernetes name`);
  return name;
}

/** What the build puts into the page beside its script: the worker, the kernels, the bases. */
import type { Base } from '../scenario.js';
import { byId } from './by-id.js';

export function embeddedText(id: string): string {
  return byId(id).textContent ?? '';
}

/** Base64. */
export function embeddedBytes(id: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(embeddedText(id)), (character) => character.charCodeAt(0));
}

/** Written by the build from fleets that the loader has read, so not checked again. */
export function embeddedBases(): readonly Base[] {
  return JSON.parse(embeddedText('bases')) as readonly Base[];
}

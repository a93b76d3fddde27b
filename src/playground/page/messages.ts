/** What the page and its worker say to each other: plain data. */
import type { Fleet } from '../../fleet/model.js';
import type { GuestTrace } from '../../outcome/trace-text.js';

export interface TraceRequest {
  readonly id: number;
  readonly fleet: Fleet;
  readonly seed: number;
  readonly fidelity: 'page' | 'chunk';
}

export type TraceAnswerMessage =
  | { readonly id: number; readonly kind: 'trace'; readonly trace: GuestTrace }
  | { readonly id: number; readonly kind: 'error'; readonly problem: string };

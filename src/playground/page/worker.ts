/** The worker: one instance of the kernels, one scenario after the other. Its first message is their module. */
import { instantiateKernels, type Kernels } from '../../memory/kernels.js';
import { runScenario } from '../run-scenario.js';
import type { TraceAnswerMessage, TraceRequest } from './messages.js';

let kernels: Kernels | null = null;

self.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer | TraceRequest>) => {
  if (data instanceof ArrayBuffer) kernels = instantiateKernels(new WebAssembly.Module(data));
  else void answer(data);
});

async function answer(request: TraceRequest): Promise<void> {
  const { id } = request;
  try {
    if (kernels === null) throw new Error('the kernels were not sent');
    tell({ id, kind: 'trace', trace: await runScenario(kernels, request) });
  } catch (error) {
    tell({ id, kind: 'error', problem: error instanceof Error ? error.message : String(error) });
  }
}

function tell(message: TraceAnswerMessage): void {
  self.postMessage(message);
}

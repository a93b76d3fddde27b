/** From the files that a user names to a fleet: fleet file or dump, with metrics beside it. */
import { type DumpInputs, fleetFromDump } from '../dump/fleet-from-dump.js';
import { isKubernetesDump } from '../dump/objects.js';
import { fleetFromFile } from '../file/fleet-file.js';
import { InputError } from '../input-error.js';
import type { Fleet } from '../model.js';
import { describeValue, errorAt, type SourceDocument } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import { loadDocument } from './document.js';

interface LoadRequest {
  /** One fleet file, or one or several dumps; `-` is standard input. */
  readonly files: readonly string[];
  readonly dirtyRates?: string | undefined;
  readonly memory?: string | undefined;
  readonly network?: string | undefined;
  readonly background?: string | undefined;
  readonly pods?: string | undefined;
  /** `--set PATH=VALUE`, for fleet files. */
  readonly set?: readonly { readonly path: string; readonly value: string }[] | undefined;
}

export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly warnings: readonly InputWarning[];
  readonly source: 'dump' | 'fleet-file';
}

/** @throws InputError with one line for everything that can be wrong with the files */
export async function loadFleet(request: LoadRequest): Promise<LoadedFleet> {
  const [first, ...others] = await loadAll(request.files);
  if (first === undefined) throw new InputError('sluice', '', 'no input file given');
  const set = request.set ?? [];
  if (isFleetFile(first)) {
    refuseBesideFleetFile(first, others, request);
    return { ...fleetFromFile(first, set), source: 'fleet-file' };
  }
  const documents = [first, ...others] as const;
  for (const document of documents) refuseOtherContents(document);
  if (set.length > 0) {
    throw new InputError(first.file, '', '--set changes fleet files; make one with sluice import');
  }
  const inputs = await loadInputs(request);
  return { ...fleetFromDump(documents, inputs, fleetName(first.file)), source: 'dump' };
}

async function loadAll(files: readonly string[]): Promise<readonly SourceDocument[]> {
  const documents: SourceDocument[] = [];
  // One after the other: standard input can be read once, and memory is bounded by the largest.
  for (const file of files) documents.push(await loadDocument(file));
  return documents;
}

async function loadInputs(request: LoadRequest): Promise<DumpInputs> {
  const load = async (file: string | undefined) =>
    file === undefined ? undefined : await loadDocument(file);
  return {
    dirtyRates: await load(request.dirtyRates),
    memory: await load(request.memory),
    network: await load(request.network),
    background: await load(request.background),
    pods: await load(request.pods),
  };
}

function isFleetFile({ value }: SourceDocument): boolean {
  return isObject(value) && Object.hasOwn(value, 'sluice');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseBesideFleetFile(
  first: SourceDocument,
  others: readonly SourceDocument[],
  request: LoadRequest,
): void {
  const [second] = others;
  if (second !== undefined) {
    throw new InputError(second.file, '', `${first.file} is a fleet file, and stands alone`);
  }
  const beside =
    request.dirtyRates ?? request.memory ?? request.network ?? request.background ?? request.pods;
  if (beside !== undefined) {
    const problem = `goes with a dump; ${first.file} is a fleet file and holds rates, links and pods itself`;
    throw new InputError(beside, '', problem);
  }
}

function refuseOtherContents(document: SourceDocument): void {
  const { value } = document;
  if (isKubernetesDump(document)) return;
  if (isFleetFile(document)) {
    throw new InputError(document.file, '', 'is a fleet file, and stands alone');
  }
  if (!isObject(value)) {
    const problem = `expected a fleet file or Kubernetes objects, found ${describeValue(value)}`;
    throw errorAt(document, [], problem);
  }
  if (Object.hasOwn(value, 'status') && Object.hasOwn(value, 'data')) {
    throw new InputError(
      document.file,
      '',
      'is a Prometheus answer; give it as --dirty-rates, --memory or --network',
    );
  }
  const keys = Object.keys(value).sort().slice(0, 5).join(', ');
  const problem = `neither a fleet file (no key sluice) nor Kubernetes objects (no kind); keys: ${keys}`;
  throw new InputError(document.file, '', problem);
}

/** `dumps/cluster.json.gz` is the fleet `cluster`. */
function fleetName(file: string): string {
  const base = file.split(/[\\/]/).at(-1) ?? '';
  const name = base.replace(/\.gz$/, '').replace(/\.(json|ya?ml)$/, '');
  return name === '' || name === '-' ? 'imported' : name;
}

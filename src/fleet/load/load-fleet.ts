/** From the files that a user names to a fleet: fleet file or dump, with metrics beside it. */
import { type DumpInputs, fleetFromDump } from '../dump/fleet-from-dump.js';
import { isKubernetesDump } from '../dump/objects.js';
import { fleetFromFile } from '../file/fleet-file.js';
import type { Setting } from '../file/parameters.js';
import type { Goal } from '../goal-model.js';
import { InputError } from '../input-error.js';
import type { LibvirtHost } from '../libvirt/host-fleet.js';
import type { Fleet } from '../model.js';
import { describeValue, errorAt, type SourceDocument } from '../source-document.js';
import type { InputWarning } from '../warnings.js';
import { decodeAnyText, isTable, refuseTable } from './decode-text.js';
import { loadDocument, parseDocument } from './document.js';
import { type GuestTable, readGuestTable } from './guest-table.js';
import { isLibvirtText, readLibvirtHost } from './libvirt-files.js';
import { readInputBytes } from './read-bytes.js';

interface LoadRequest {
  /** One fleet file, one or several dumps, or the files of a libvirt host; `-`: standard input. */
  readonly files: readonly string[];
  readonly dirtyRates?: string | undefined;
  readonly memory?: string | undefined;
  readonly network?: string | undefined;
  readonly background?: string | undefined;
  readonly pods?: string | undefined;
  /** Of a libvirt host. */
  readonly host?: string | undefined;
  readonly targetHosts?: number | undefined;
  /** `--set PATH=VALUE`, for fleet files. */
  readonly set?: readonly Setting[] | undefined;
}

export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly warnings: readonly InputWarning[];
  readonly source: 'dump' | 'fleet-file';
  /** Where its values stand; null: it was made of a dump. */
  readonly document: SourceDocument | null;
  /** What `sluice plan` searches for; null: a dump, or a file without one. */
  readonly goal: Goal | null;
}

/** Files that were read once, and give a fleet for any settings. */
export interface FleetSource {
  /** All that decides about the fleets that it gives, as plain data. */
  readonly content: unknown;
  /** @throws InputError for settings that do not fit */
  readonly fleetWith: (settings: readonly Setting[]) => LoadedFleet;
}

/** @throws InputError with one line for everything that can be wrong with the files */
export async function loadFleet(request: LoadRequest): Promise<LoadedFleet> {
  return (await openFleet(request)).fleetWith(request.set ?? []);
}

/** Reads the files; the request's own settings are left to `fleetWith`. @throws InputError */
export async function openFleet(request: LoadRequest): Promise<FleetSource> {
  const [first] = request.files;
  if (first === undefined) throw new InputError('sluice', '', 'no input file given');
  const text = decodeAnyText(first, await readInputBytes(first));
  if (isLibvirtText(text)) {
    return madeFleetFile(await readLibvirtHost({ file: first, text }, request), request);
  }
  refuseHostOptions(first, request);
  if (request.files.length === 1 && isTable(text)) {
    return madeFleetFile(await readGuestTable(first, text), request);
  }
  return openDocuments(
    [parseDocument(first, refuseTable(first, text)), ...(await loadAll(request.files.slice(1)))],
    request,
  );
}

function refuseHostOptions(file: string, { host, targetHosts }: LoadRequest): void {
  const option = host !== undefined ? '--host' : targetHosts !== undefined ? '--target-hosts' : '';
  if (option === '') return;
  const problem = `goes with the files of a libvirt host (virsh dumpxml), which ${file} is not`;
  throw new InputError(option, '', problem);
}

/** A table or a libvirt host gives a fleet file, and is one from here on. */
function madeFleetFile(
  { document, notes }: GuestTable | LibvirtHost,
  request: LoadRequest,
): FleetSource {
  refuseBesideFleetFile(document, [], request);
  return {
    content: document.value,
    fleetWith: (settings) => {
      const { fleet, goal, warnings } = fleetFromFile(document, settings);
      const all = [...notes, ...warnings];
      return { fleet, goal, warnings: all, document, source: 'fleet-file' };
    },
  };
}

async function openDocuments(
  [first, ...others]: readonly [SourceDocument, ...SourceDocument[]],
  request: LoadRequest,
): Promise<FleetSource> {
  if (isFleetFile(first)) {
    refuseBesideFleetFile(first, others, request);
    return {
      content: first.value,
      fleetWith: (settings) => ({
        ...fleetFromFile(first, settings),
        document: first,
        source: 'fleet-file',
      }),
    };
  }
  for (const document of [first, ...others]) refuseOtherContents(document);
  const inputs = await loadInputs(request);
  const loaded = fleetFromDump([first, ...others], inputs, fleetName(first.file));
  return {
    content: loaded.fleet,
    fleetWith: (settings) =>
      settings.length > 0
        ? refuseSettings(first.file)
        : { ...loaded, document: null, source: 'dump', goal: null },
  };
}

function refuseSettings(file: string): never {
  const make = `sluice import ${file} -o fleet.yaml`;
  throw new InputError(file, '', `--set changes fleet files: "${make}" makes one of it`);
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

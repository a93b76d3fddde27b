/** The way from zone to zone: the links of the lowest round-trip time, then the fewest, then names. */
import type { NetworkSpec } from '../fleet/model.js';

export interface WanRoute {
  readonly links: readonly number[];
  /** Of these links together, beyond the zones' own. */
  readonly roundTripTimeUs: number;
}

interface Edge {
  readonly to: string;
  readonly link: number;
  readonly roundTripTimeUs: number;
}

/**
 * Routes by source zone, then target zone. A zone that no WAN link reaches has none: traffic to it
 * crosses nothing that limits.
 * @param add makes the link `wan/<from>/<to>`
 */
export function wanRoutes(
  network: NetworkSpec,
  add: (name: string, bytesPerSecond: number) => number,
): ReadonlyMap<string, ReadonlyMap<string, WanRoute>> {
  const edges = new Map<string, Edge[]>();
  const connect = (from: string, to: string, bytesPerSecond: number, roundTripTimeUs: number) => {
    const link = add(`wan/${from}/${to}`, bytesPerSecond);
    const known = edges.get(from) ?? [];
    known.push({ to, link, roundTripTimeUs });
    edges.set(from, known);
  };
  for (const { from, to, bytesPerSecond, roundTripTimeUs } of network.wans) {
    connect(from, to, bytesPerSecond, roundTripTimeUs);
    connect(to, from, bytesPerSecond, roundTripTimeUs);
  }
  return new Map([...edges.keys()].sort().map((zone) => [zone, routesFrom(zone, edges)]));
}

/** Dijkstra, by scanning: fleets have a handful of zones. */
function routesFrom(
  source: string,
  edges: ReadonlyMap<string, readonly Edge[]>,
): ReadonlyMap<string, WanRoute> {
  const best = new Map<string, WanRoute>([[source, { links: [], roundTripTimeUs: 0 }]]);
  const open = new Set([source]);
  const done = new Set<string>();
  while (open.size > 0) {
    const zone = [...open].sort().reduce((a, b) => (isBetter(best.get(b), best.get(a)) ? b : a));
    open.delete(zone);
    done.add(zone);
    const here = best.get(zone);
    for (const { to, link, roundTripTimeUs } of edges.get(zone) ?? []) {
      if (here === undefined || done.has(to)) continue;
      const route: WanRoute = {
        links: [...here.links, link],
        roundTripTimeUs: here.roundTripTimeUs + roundTripTimeUs,
      };
      if (!isBetter(route, best.get(to))) continue;
      best.set(to, route);
      open.add(to);
    }
  }
  return best;
}

function isBetter(route: WanRoute | undefined, than: WanRoute | undefined): boolean {
  if (route === undefined || than === undefined) return than === undefined;
  return (
    route.roundTripTimeUs < than.roundTripTimeUs ||
    (route.roundTripTimeUs === than.roundTripTimeUs && route.links.length < than.links.length)
  );
}

/**
 * Zipf writes as classes of constant rate. The page of rank r (1 is the hottest) gets a share
 * r^-s / H of the writes. Ranks are cut at geometric edges, ratio 2^(1/2), the first class being
 * the top 1/4096 of the pages (at least 64): inside a class the rates of its first and last page
 * differ by at most 2^(s/2), and the class has their exact mean.
 */

export interface ZipfClass {
  readonly pages: number;
  /** Share of all the region's writes that this class gets; the shares add up to 1. */
  readonly writesShare: number;
}

const FIRST_CLASS_DIVISOR = 4096;
const FIRST_CLASS_PAGES_MIN = 64;

/** Classes from hottest to coldest; their pages add up to `pages`. */
export function zipfClasses(pages: number, exponent: number): readonly ZipfClass[] {
  if (pages === 0) return [];
  const edges = rankEdges(pages);
  const sums: number[] = [];
  let total = 0;
  for (let i = 1; i < edges.length; i += 1) {
    const sum = powerSum(edges[i - 1] as number, edges[i] as number, exponent);
    sums.push(sum);
    total += sum;
  }
  return sums.map((sum, i) => ({
    pages: (edges[i + 1] as number) - (edges[i] as number),
    writesShare: sum / total,
  }));
}

/** 0 = first edge, then the last rank of each class, ending with `pages`. */
function rankEdges(pages: number): readonly number[] {
  const first = Math.max(FIRST_CLASS_PAGES_MIN, Math.round(pages / FIRST_CLASS_DIVISOR));
  const edges = [0];
  for (let i = 0; ; i += 1) {
    const edge = Math.round(first * 2 ** (i / 2));
    if (edge >= pages) break;
    edges.push(edge);
  }
  edges.push(pages);
  return edges;
}

/** Sum of r^-s over the ranks after `from` up to and including `to`. */
function powerSum(from: number, to: number, s: number): number {
  const directTo = Math.min(to, Math.max(from, FIRST_CLASS_PAGES_MIN));
  let sum = 0;
  for (let rank = from + 1; rank <= directTo; rank += 1) sum += rank ** -s;
  if (directTo === to) return sum;
  // Euler-Maclaurin from rank directTo + 1 to rank to: relative error below 1e-10 past rank 64
  const a = directTo + 1;
  const integral = s === 1 ? Math.log(to / a) : (to ** (1 - s) - a ** (1 - s)) / (1 - s);
  const ends = (a ** -s + to ** -s) / 2;
  const slopes = (s * (a ** (-s - 1) - to ** (-s - 1))) / 12;
  return sum + integral + ends + slopes;
}

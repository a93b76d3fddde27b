/**
 * Shares out the spread classes' pages over the chunks' free pages: every row (chunk) and every
 * column (class) adds up exactly, and no class is more than about a page away from its proportion.
 */

/**
 * `classPages` and `freePages` have the same sum. Returns pages at [chunk * classes + class].
 * Each chunk gives a class what is missing to its proportional share of all chunks so far; what
 * rounding leaves goes to the largest remainders (the lower class first where they are equal).
 */
export function shareOut(classPages: readonly number[], freePages: readonly number[]): Uint32Array {
  const classes = classPages.length;
  const shares = new Uint32Array(classes * freePages.length);
  const total = classPages.reduce((sum, pages) => sum + pages, 0);
  const given = new Float64Array(classes);
  const wished = new Float64Array(classes);
  let seen = 0;
  freePages.forEach((free, chunk) => {
    if (free === 0) return;
    seen += free;
    const share = seen === total ? 1 : seen / total;
    let left = free;
    for (let i = 0; i < classes; i += 1) {
      const pages = classPages[i] as number;
      wished[i] = Math.max(0, Math.min(pages * share, pages) - (given[i] as number));
      const whole = Math.min(left, Math.floor(wished[i] as number));
      shares[chunk * classes + i] = whole;
      wished[i] = (wished[i] as number) - whole;
      given[i] = (given[i] as number) + whole;
      left -= whole;
    }
    if (left > 0) {
      const own = shares.subarray(chunk * classes, (chunk + 1) * classes);
      giveLargest(own, given, wished, left, classPages);
    }
  });
  return shares;
}

/** One page at a time to the class that misses most; few pages are ever left. */
function giveLargest(
  shares: Uint32Array,
  given: Float64Array,
  wished: Float64Array,
  left: number,
  classPages: readonly number[],
): void {
  for (let pages = left; pages > 0; pages -= 1) {
    let best = -1;
    for (let i = 0; i < shares.length; i += 1) {
      const open = (given[i] as number) < (classPages[i] as number);
      if (open && (best < 0 || (wished[i] as number) > (wished[best] as number))) best = i;
    }
    shares[best] = (shares[best] as number) + 1;
    given[best] = (given[best] as number) + 1;
    wished[best] = (wished[best] as number) - 1;
  }
}

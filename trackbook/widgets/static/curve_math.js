// What is reckoned with curves in the page, so that it works while the kernel trains. Pure functions; y holds NaN and
// the infinities where there are gaps. The tests hold them against NumPy and pandas.

const BAND_POINTS = 1000;

/** Exponentially weighted mean with weight 0 to 1 of what came before: pandas' ewm(alpha=1-weight, ignore_na=True).mean(). */
function smoothed(y, weight) {
  if (!(weight > 0)) return y;
  const found = new Float64Array(y.length);
  let sum = 0, mass = 0;
  for (let place = 0; place < y.length; place += 1) {
    if (!Number.isFinite(y[place])) { found[place] = NaN; continue; }
    sum = weight * sum + y[place];
    mass = weight * mass + 1;
    found[place] = sum / mass;
  }
  return found;
}

/** The least ("min") or greatest value so far: NumPy's fmin.accumulate, blind to the infinities. */
function bestSoFar(y, goal) {
  const found = new Float64Array(y.length);
  let best = NaN;
  for (let place = 0; place < y.length; place += 1) {
    const value = y[place];
    if (Number.isFinite(value) && (Number.isNaN(best) || (goal === "min" ? value < best : value > best))) best = value;
    found[place] = best;
  }
  return found;
}

/** A quantile of sorted numbers, between two of them by a straight line. */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1), low = Math.floor(at);
  return low + 1 < sorted.length ? sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
}

/** Tukey's outer fences, 3 quartile ranges beyond the quartiles, of logarithms where the axis is logarithmic:
 *  {low, high, outside: how many points lie outside}; null where none does. */
function fences(lines, log) {
  const height = log ? Math.log10 : Number;
  const kept = Float64Array.from(lines.flatMap((y) => [...y].filter((value) => Number.isFinite(value) && (!log || value > 0)))).sort();
  if (kept.length < 8) return null;
  const heights = [quantile(kept, .25), quantile(kept, .75)].map(height);
  const reach = 3 * (heights[1] - heights[0]);
  const [least, greatest] = [height(kept[0]), height(kept[kept.length - 1])];
  const [bottom, top] = [Math.max(least, heights[0] - reach), Math.min(greatest, heights[1] + reach)];
  if (!(top > bottom) || (bottom === least && top === greatest)) return null;
  const [low, high] = log ? [10 ** bottom, 10 ** top] : [bottom, top];
  return { low, high, outside: kept.reduce((sum, value) => sum + (value < low || value > high ? 1 : 0), 0) };
}

/** Values at other places of x, by straight lines within each stretch without gaps; NaN elsewhere. Both x are sorted. */
function valuesAt(x, y, places) {
  const found = new Float64Array(places.length).fill(NaN);
  let next = 0;
  for (let at = 0; at < places.length; at += 1) {
    while (next < x.length && x[next] < places[at]) next += 1;
    if (next < x.length && x[next] === places[at]) {
      let last = next; // of equal places the last value counts
      while (last + 1 < x.length && x[last + 1] === places[at]) last += 1;
      found[at] = Number.isFinite(y[last]) ? y[last] : NaN;
    } else if (next > 0 && next < x.length && Number.isFinite(y[next]) && Number.isFinite(y[next - 1])) {
      found[at] = y[next - 1] + ((places[at] - x[next - 1]) / (x[next] - x[next - 1])) * (y[next] - y[next - 1]);
    }
  }
  return found;
}

/** All places of some x in order, each once, and no more than some. */
function unionOf(xs, limit = BAND_POINTS) {
  const all = new Set();
  for (const x of xs) for (const place of x) if (Number.isFinite(place)) all.add(place);
  const sorted = Float64Array.from(all).sort();
  if (sorted.length <= limit) return sorted;
  return Float64Array.from({ length: limit }, (_, place) => sorted[Math.round((place * (sorted.length - 1)) / (limit - 1))]);
}

/** Mean and sample standard deviation (NaN of a single one) at every place of x that any of the curves has:
 *  {x, mean, sd, n}. Curves are {x, y}; between its own points a curve goes straight. */
function meanAndBand(curves, limit = BAND_POINTS) {
  const x = unionOf(curves.map((one) => one.x), limit);
  const rows = curves.map((one) => valuesAt(one.x, one.y, x));
  const mean = new Float64Array(x.length), sd = new Float64Array(x.length), n = new Float64Array(x.length);
  for (let place = 0; place < x.length; place += 1) {
    const values = rows.map((row) => row[place]).filter(Number.isFinite);
    n[place] = values.length;
    mean[place] = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
    sd[place] = values.length > 1 ? Math.sqrt(values.reduce((sum, value) => sum + (value - mean[place]) ** 2, 0) / (values.length - 1)) : NaN;
  }
  return { x, mean, sd, n };
}

/** Curves sorted by x, which a metric along the axis need not be. */
function sortedByX({ x, y }) {
  let falls = false;
  for (let place = 1; place < x.length && !falls; place += 1) falls = !(x[place] >= x[place - 1]);
  if (!falls) return { x, y };
  const order = [...x.keys()].filter((place) => Number.isFinite(x[place])).sort((a, b) => x[a] - x[b]);
  return { x: Float64Array.from(order, (place) => x[place]), y: Float64Array.from(order, (place) => y[place]) };
}

/** Places to draw of points that are more than a drawing is wide: least, greatest and first gap of each stretch, and the
 *  last; null for all of them. */
function thinPlaces(y, limit) {
  if (y.length <= 1.25 * limit) return null;
  const stretch = Math.ceil((2 * y.length) / limit);
  const picks = [];
  for (let start = 0; start < y.length; start += stretch) {
    let low = -1, high = -1, gap = -1;
    for (let place = start; place < Math.min(start + stretch, y.length); place += 1) {
      if (!Number.isFinite(y[place])) gap = gap < 0 ? place : gap;
      else {
        if (low < 0 || y[place] < y[low]) low = place;
        if (high < 0 || y[place] > y[high]) high = place;
      }
    }
    picks.push(...new Set([low, high, gap].filter((place) => place >= 0).sort((a, b) => a - b)));
  }
  if (picks[picks.length - 1] !== y.length - 1) picks.push(y.length - 1);
  return picks;
}

/** Some of some numbers; all where `places` is null. */
function numbersAt(numbers, places) {
  return places ? Float64Array.from(places, (place) => numbers[place]) : numbers;
}

/** How many values a logarithmic axis cannot show. */
function countBelowZero(y) {
  let found = 0;
  for (const value of y) if (value <= 0 && Number.isFinite(value)) found += 1;
  return found;
}

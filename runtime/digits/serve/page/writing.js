// Writes a digit on the paper as a hand would, so that the answer can be watched following it.

// Centre lines as in samples/drawing/glyphs.py: a stroke is points `x,y` that a smooth line runs
// through, after a `/` it goes on round a corner; a digit is 100 high.
/** @type {Record<string, string[]>} */
export const GLYPHS = {
  0: ["40,3 18,9 4,36 5,66 20,94 40,98 60,86 68,58 63,24 46,5 33,5"],
  1: ["4,26 16,15 28,0 / 28,50 26,100"],
  2: ["6,24 14,7 33,0 52,8 56,27 44,52 22,79 4,97 / 30,96 62,98"],
  3: ["6,14 26,0 48,6 53,24 41,40 22,46 / 46,50 60,69 51,91 28,100 4,90"],
  4: ["18,2 11,30 4,58 / 32,58 66,55", "50,14 47,54 43,100"],
  5: ["16,3 13,24 10,44 / 28,36 50,44 60,66 48,92 24,100 2,90", "16,3 36,4 58,1"],
  6: ["50,3 29,15 11,43 4,70 13,93 33,99 51,87 53,67 38,54 20,59 7,77"],
  7: ["4,4 30,5 60,2 / 40,46 26,100", "18,53 38,51 58,50"],
  8: ["50,13 32,0 13,11 14,31 32,46 52,63 53,87 30,100 7,88 8,66 28,48 48,33 52,15 42,4"],
  9: ["53,14 36,1 13,9 5,31 18,50 39,43 53,14 / 56,50 47,82 26,99 8,92"],
};

const HEIGHT = 0.64; // of the paper's side
const STEPS = 12; // points between two of a glyph's
const POINTS_A_SECOND = 170;

/** @typedef {{x: number, y: number}} Place */

/**
 * Write a digit; at once if the user wants no motion.
 * @param {string} digit
 * @param {number} width  of the pen
 * @param {import("./pen.js").Hand} hand
 * @param {AbortSignal} signal  stops it
 */
export async function write(digit, width, hand, signal) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const line of lines(digit)) {
    if (signal.aborted) return;
    const points = line.map((place) => ({ ...place, width }));
    hand.begin(points[0]);
    if (still) hand.extend(points.slice(1));
    else await lead(points, hand, signal);
    if (!signal.aborted) hand.end();
  }
}

/**
 * @param {import("./strokes.js").Point[]} points
 * @param {import("./pen.js").Hand} hand
 * @param {AbortSignal} signal
 */
async function lead(points, hand, signal) {
  const started = performance.now();
  for (let drawn = 1; drawn < points.length; ) {
    const now = await new Promise(requestAnimationFrame);
    if (signal.aborted) return;
    // A frame may count as begun before the stroke did.
    const due = Math.max(drawn, Math.ceil(((now - started) / 1000) * POINTS_A_SECOND));
    hand.extend(points.slice(drawn, due));
    drawn = due;
  }
}

/**
 * The strokes of a digit, in the middle of the paper.
 * @param {string} digit
 * @returns {Place[][]}
 */
function lines(digit) {
  const strokes = GLYPHS[digit].map((text) => text.split("/").map(parsed).reduce(joined, []));
  const xs = strokes.flat().map(({ x }) => x);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  const placed = (/** @type {Place} */ { x, y }) => ({
    x: 0.5 + ((x - middle) / 100) * HEIGHT,
    y: 0.5 + ((y - 50) / 100) * HEIGHT,
  });
  return strokes.map((stroke) => stroke.map(placed));
}

/** @param {string} text */
function parsed(text) {
  return text.trim().split(" ").map((pair) => {
    const [x, y] = pair.split(",").map(Number);
    return { x, y };
  });
}

/**
 * A stroke and its next curve, which starts where the stroke ends.
 * @param {Place[]} stroke
 * @param {Place[]} points
 */
const joined = (stroke, points) => [...stroke, ...spline([...stroke.slice(-1), ...points])];

/**
 * A curve through points (Catmull and Rom, 1974), its ends extended straight on.
 * @param {Place[]} points
 * @returns {Place[]}
 */
function spline(points) {
  const [first, second] = points;
  const [before, last] = points.slice(-2);
  const all = [beyond(first, second), ...points, beyond(last, before)];
  const curve = [];
  for (let i = 1; i < points.length; i++) {
    for (let step = 0; step < STEPS; step++) curve.push(between(all.slice(i - 1, i + 3), step / STEPS));
  }
  return [...curve, last];
}

/**
 * @param {Place} end
 * @param {Place} inner
 */
const beyond = (end, inner) => ({ x: 2 * end.x - inner.x, y: 2 * end.y - inner.y });

/**
 * @param {Place[]} points  four of them; the place is between the inner two
 * @param {number} t
 */
function between([a, b, c, d], t) {
  const along = (/** @type {"x" | "y"} */ k) =>
    0.5 *
    (2 * b[k] + (c[k] - a[k]) * t + (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t ** 2 +
      (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t ** 3);
  return { x: along("x"), y: along("y") };
}

// Mouse, pen and finger on the paper.

/** @typedef {import("./strokes.js").Point} Point */

/**
 * Who hears of what is drawn.
 * @typedef {object} Hand
 * @property {(point: Point) => void} begin
 * @property {(points: Point[]) => void} extend
 * @property {() => void} end
 * @property {() => void} cancel
 */

/**
 * Draw with pointers, one at a time.
 * @param {HTMLElement} paper
 * @param {() => number} width  of the pen, in parts of the paper's side
 * @param {Hand} hand
 */
export function drawWithPointers(paper, width, hand) {
  /** @type {number | null} */
  let active = null;

  const place = (/** @type {PointerEvent} */ event) => {
    const { left, top, width: side } = paper.getBoundingClientRect();
    const [x, y] = [(event.clientX - left) / side, (event.clientY - top) / side];
    return { x, y, width: width() * pressure(event) };
  };
  const over = (/** @type {() => void} */ tell) => (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== active) return;
    active = null;
    tell();
  };

  paper.addEventListener("pointerdown", (event) => {
    if (active !== null || event.button !== 0) return;
    active = event.pointerId;
    paper.setPointerCapture(active);
    hand.begin(place(event));
  });
  paper.addEventListener("pointermove", (event) => {
    if (event.pointerId !== active) return;
    const all = event.getCoalescedEvents?.() ?? [];
    hand.extend((all.length > 0 ? all : [event]).map(place));
  });
  paper.addEventListener("pointerup", over(hand.end));
  paper.addEventListener("pointercancel", over(hand.cancel));
}

/**
 * How much wider than usual the line gets; only pens tell how hard they press.
 * @param {PointerEvent} event
 */
function pressure(event) {
  return event.pointerType === "pen" && event.pressure > 0 ? 0.5 + event.pressure : 1;
}

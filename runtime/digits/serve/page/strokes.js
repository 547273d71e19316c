// Smooth round lines. Points are in parts of the paper's side, so that they fit a paper of any size.

/**
 * @typedef {{x: number, y: number, width: number}} Point
 * @typedef {Point[]} Stroke
 */

/**
 * Draw a stroke: curves through the middles between its points, which then have no corners.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 * @param {number} side  of the paper, in pixels
 * @param {number} from  index of the first point that isn't drawn yet
 */
export function drawStroke(context, stroke, side, from = 0) {
  context.lineCap = context.lineJoin = "round";
  for (let i = Math.max(from - 1, 0); i < stroke.length; i++) drawPiece(context, stroke, side, i);
}

/**
 * The piece that ends at point i; the half after its last middle is drawn over by the next.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 * @param {number} side
 * @param {number} i
 */
function drawPiece(context, stroke, side, i) {
  const end = stroke[i];
  const corner = stroke[i - 1] ?? end;
  const start = middle(stroke[i - 2] ?? corner, corner);
  const half = middle(corner, end);
  context.lineWidth = end.width * side;
  context.beginPath();
  context.moveTo(start.x * side, start.y * side);
  context.quadraticCurveTo(corner.x * side, corner.y * side, half.x * side, half.y * side);
  context.lineTo(end.x * side, end.y * side);
  context.stroke();
}

/**
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 */
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

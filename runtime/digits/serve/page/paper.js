// Shows the sheet on the screen, and makes the picture of it that the model gets.

import { drawStroke } from "./strokes.js";

const PICTURE_SIDE = 112; // pixels; the canvas has 28, so more would only take time
const CORNER = 0.22; // of the box's shorter side

/** The paper on the screen. */
export class Paper {
  #element;
  #ink;
  #picture = document.createElement("canvas");
  #size = { width: PICTURE_SIDE, height: PICTURE_SIDE };

  /**
   * @param {HTMLElement} element
   * @param {import("./sheet.js").Sheet} sheet
   */
  constructor(element, sheet) {
    this.#element = element;
    this.#ink = /** @type {HTMLCanvasElement} */ (element.querySelector("canvas"));
    this.sheet = sheet;
    this.#picture.width = this.#picture.height = PICTURE_SIDE;
    new ResizeObserver(() => this.#fit()).observe(element);
  }

  /** Draw everything anew. */
  draw() {
    const { photo, strokes } = this.sheet;
    const context = pen(this.#ink, this.#colour("--ink"));
    context.clearRect(0, 0, this.#ink.width, this.#ink.height);
    if (photo?.preview) drawPhoto(context, photo.preview, this.#ink.width);
    for (const stroke of strokes) drawStroke(context, stroke, this.#ink.width);
    this.#size = photo ?? { width: PICTURE_SIDE, height: PICTURE_SIDE };
    this.#element.classList.toggle("blank", this.sheet.blank);
    this.#element.classList.toggle("photo", Boolean(photo));
  }

  /**
   * Draw what has been added to the last stroke.
   * @param {number} from  index of its first new point
   */
  extend(from) {
    const stroke = this.sheet.strokes[this.sheet.strokes.length - 1];
    drawStroke(pen(this.#ink, this.#colour("--ink")), stroke, this.#ink.width, from);
  }

  /**
   * The photo's file, or the drawing in the colours of the screen.
   * @returns {import("./contract.js").Picture}
   */
  picture() {
    if (this.sheet.photo) return this.sheet.photo.file;
    const context = pen(this.#picture, this.#colour("--ink"));
    context.fillStyle = this.#colour("--paper");
    context.fillRect(0, 0, PICTURE_SIDE, PICTURE_SIDE);
    for (const stroke of this.sheet.strokes) drawStroke(context, stroke, PICTURE_SIDE);
    return this.#picture;
  }

  /**
   * Mark where the model found the digit.
   * @param {number[] | null} box  in the picture's pixels
   */
  frame(box) {
    const svg = /** @type {SVGElement} */ (this.#element.querySelector("#frame"));
    const { width, height } = this.#size;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const known = box !== null && (!this.sheet.photo || this.sheet.photo.preview !== null);
    const path = known ? corners(padded(box, Math.max(width, height) * 0.02)) : "";
    /** @type {SVGPathElement} */ (svg.firstElementChild).setAttribute("d", path);
  }

  #fit() {
    const side = Math.round(this.#element.clientWidth * devicePixelRatio);
    this.#ink.width = this.#ink.height = side;
    this.draw();
  }

  /** @param {string} name */
  #colour(name) {
    return getComputedStyle(this.#element).getPropertyValue(name).trim();
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} colour
 */
function pen(canvas, colour) {
  // Kept in memory, since the picture is read back for every answer.
  const options = { willReadFrequently: true };
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options));
  context.strokeStyle = colour;
  return context;
}

/**
 * As large as it fits, in the middle.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} bitmap
 * @param {number} side
 */
function drawPhoto(context, bitmap, side) {
  const scale = side / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  context.imageSmoothingQuality = "high";
  context.imageSmoothingEnabled = scale < 4; // few pixels are shown as the squares they are
  context.drawImage(bitmap, (side - width) / 2, (side - height) / 2, width, height);
}

/**
 * @param {number[]} box
 * @param {number} by
 */
const padded = ([left, top, right, bottom], by) => [left - by, top - by, right + by, bottom + by];

/**
 * A box as its four corners.
 * @param {number[]} box
 */
function corners([left, top, right, bottom]) {
  const arm = CORNER * Math.min(right - left, bottom - top);
  const corner = (/** @type {number} */ x, /** @type {number} */ y, dx = arm, dy = arm) =>
    `M${x} ${y + dy}V${y}H${x + dx}`;
  return (
    corner(left, top) + corner(right, top, -arm) + corner(left, bottom, arm, -arm) +
    corner(right, bottom, -arm, -arm)
  );
}

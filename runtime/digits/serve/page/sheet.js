// What lies on the paper, and what lay there before: an opened photo or a drawing.

/**
 * @typedef {import("./strokes.js").Point} Point
 * @typedef {import("./strokes.js").Stroke} Stroke
 *
 * @typedef {object} Photo
 * @property {Blob} file  as it was opened
 * @property {string} name
 * @property {ImageBitmap | null} preview  upright; null if this browser can't show it
 * @property {number} width  of the whole picture
 * @property {number} height
 *
 * @typedef {{photo: Photo | null, strokes: Stroke[]}} Page
 */

const LONGEST_HISTORY = 40;
const NEAREST = 0.0015; // points closer than this add nothing but work

/** @type {Page} */
const BLANK = { photo: null, strokes: [] };

/** The page as it is, and its history. */
export class Sheet {
  #page = BLANK;
  /** @type {Page[]} */
  #history = [];

  get photo() {
    return this.#page.photo;
  }

  get strokes() {
    return this.#page.strokes;
  }

  get blank() {
    return !this.photo && this.strokes.length === 0;
  }

  get undoable() {
    return this.#history.length > 0;
  }

  /** @param {Point} point */
  begin(point) {
    // A pen on a photo starts a new page: the photo's answer would be about both.
    const strokes = this.photo ? [] : this.strokes;
    this.#turn({ photo: null, strokes: [...strokes, [point]] });
  }

  /**
   * Lead the last stroke on.
   * @param {Point} point
   * @returns {boolean} whether it went anywhere
   */
  extend(point) {
    const stroke = /** @type {Stroke} */ (this.strokes.at(-1));
    const last = stroke[stroke.length - 1];
    if (Math.hypot(point.x - last.x, point.y - last.y) < NEAREST) return false;
    stroke.push(point);
    return true;
  }

  /** @param {Photo} photo */
  lay(photo) {
    this.#turn({ photo, strokes: [] });
  }

  clear() {
    if (!this.blank) this.#turn(BLANK);
  }

  undo() {
    this.#page = this.#history.pop() ?? this.#page;
  }

  /** @param {Page} page */
  #turn(page) {
    this.#history.push(this.#page);
    if (this.#history.length > LONGEST_HISTORY) this.#history.shift();
    this.#page = page;
  }
}

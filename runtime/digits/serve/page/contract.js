// What an engine promises the page, and how it says that there is no answer.

/**
 * What the page asks about: an image file as it is, or a drawing.
 * @typedef {Blob | HTMLCanvasElement} Picture
 *
 * @typedef {object} Answer
 * @property {string | null} label  null where the model abstains
 * @property {"empty" | "several" | "unsure"} [reason]  why there is no label
 * @property {number} confidence  the highest probability
 * @property {number[]} probabilities  in the order of the labels
 * @property {[number, number, number, number] | null} box  left, top, right, bottom, in pixels
 * @property {{shape: number[], data: Uint8Array}} canvas  grey levels that the model saw
 *
 * @typedef {object} Engine
 * @property {string} model  its name
 * @property {string[]} labels
 * @property {string} place  where it runs, in words
 * @property {(picture: Picture, signal?: AbortSignal) => Promise<Answer>} predict
 */

/** Why there is no answer, in words for the user. */
export class EngineError extends Error {
  /**
   * @param {string} message
   * @param {number} [again]  milliseconds after which to ask again, if that may help
   */
  constructor(message, again) {
    super(message);
    this.again = again;
  }
}

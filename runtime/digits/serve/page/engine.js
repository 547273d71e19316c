// Asks the server. A page without a server replaces this file by one that runs the model itself.

/**
 * What the page asks about: an image file as it is, or a drawing.
 * @typedef {Blob | HTMLCanvasElement} Picture
 *
 * @typedef {object} Answer
 * @property {string | null} label  null where the model abstains
 * @property {"empty" | "several" | "unsure" | undefined} reason  why there is no label
 * @property {number} confidence  the highest probability
 * @property {number[]} probabilities  in the order of the labels
 * @property {[number, number, number, number] | null} box  left, top, right, bottom, in pixels
 * @property {{shape: number[], data: Uint8Array<ArrayBuffer>}} canvas  grey levels that the model saw
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

const PATIENCE = 30_000; // milliseconds

/** @returns {Promise<Engine>} */
export async function createEngine() {
  const blank = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
  const { model, labels, provider } = await ask(blank);
  return { model, labels, place: `Read by ${location.host} on ${provider}`, predict: ask };
}

/**
 * @param {Picture} picture
 * @param {AbortSignal} [signal]
 */
async function ask(picture, signal) {
  const response = await post(picture instanceof Blob ? untyped(picture) : encoded(picture), signal);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw refusal(response, answer.error);
  const { shape, data } = answer.canvas;
  return { ...answer, canvas: { shape, data: bytes(data) } };
}

/**
 * @param {BodyInit} body
 * @param {AbortSignal} [signal]
 */
async function post(body, signal = new AbortController().signal) {
  const late = AbortSignal.timeout(PATIENCE);
  const stop = AbortSignal.any([signal, late]);
  try {
    return await fetch("predict?canvas=true", { method: "POST", body, signal: stop });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = late.aborted ? "The server takes too long." : "The server doesn't answer.";
    throw new EngineError(`${message} It will be asked again.`, 1000);
  }
}

/**
 * The bytes say what they are; the browser's guess, made from the file's name, may be wrong.
 * @param {Blob} file
 */
const untyped = (file) => file.slice(0, file.size, "application/octet-stream");

/**
 * @param {Response} response
 * @param {string} [error]  the server's own words
 */
function refusal(response, error) {
  if (response.status === 413) {
    return new EngineError(error ?? "That file is larger than the server takes.");
  }
  const busy = response.status === 429 || response.status >= 502;
  if (busy) {
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    return new EngineError("The server is busy. It will be asked again.", seconds * 1000);
  }
  return new EngineError(error ?? `The server refused it (${response.status}).`);
}

/**
 * A drawing as PNG. `toBlob` would wait until the browser is idle, which it isn't while one draws.
 * @param {HTMLCanvasElement} canvas
 */
const encoded = (canvas) => bytes(canvas.toDataURL().split(",")[1]);

/** @param {string} base64 */
const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

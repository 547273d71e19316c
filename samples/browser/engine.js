// Takes the place of the page's engine.js: the model runs here, in a worker, and nothing is sent.

import { EngineError } from "./contract.js";

/**
 * @typedef {import("./contract.js").Answer} Answer
 * @typedef {import("./contract.js").Engine} Engine
 * @typedef {import("./contract.js").Picture} Picture
 */

/** @returns {Promise<Engine>} */
export async function createEngine() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const ask = questions(worker);
  const { name, labels } = await ask(null).catch((error) => {
    worker.terminate(); // the page starts another one
    throw error;
  });
  keepForOffline();
  return {
    model: name,
    labels,
    place: "Read in this browser. Your pictures stay here.",
    predict: (picture) => ask(picture instanceof Blob ? picture : pixels(picture)),
  };
}

/**
 * Questions to the worker, which answers them in order.
 * @param {Worker} worker
 * @returns {(question: Blob | ImageData | null) => Promise<any>}
 */
function questions(worker) {
  /** @type {{resolve: (answer: any) => void, reject: (error: Error) => void}[]} */
  const waiting = [];
  worker.onmessage = ({ data: { answer, error } }) => {
    const { resolve, reject } = /** @type {(typeof waiting)[0]} */ (waiting.shift());
    if (error) reject(new EngineError(error));
    else resolve(answer);
  };
  worker.onerror = () => {
    const error = new EngineError("The model doesn't start in this browser.");
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      const moved = question instanceof ImageData ? [question.data.buffer] : [];
      worker.postMessage(question, moved);
    });
}

/** @param {HTMLCanvasElement} canvas */
function pixels(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Let the page be opened without a network next time, where the browser allows that. */
function keepForOffline() {
  navigator.serviceWorker?.register(new URL("../offline.js", import.meta.url)).catch(() => {});
}

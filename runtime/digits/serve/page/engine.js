// Asks the server. A page without a server replaces this file by one that runs the model itself.

import { EngineError } from "./contract.js";

/**
 * @typedef {import("./contract.js").Engine} Engine
 * @typedef {import("./contract.js").Picture} Picture
 */

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
    return new EngineError(sentence(error ?? "that file is larger than the server takes"));
  }
  const busy = response.status === 429 || response.status >= 502;
  if (busy) {
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    return new EngineError("The server is busy. It will be asked again.", seconds * 1000);
  }
  return new EngineError(sentence(error ?? `the server refused it (${response.status})`));
}

/** @param {string} line */
const sentence = (line) => `${line[0].toUpperCase()}${line.slice(1)}.`;

/**
 * A drawing as PNG. `toBlob` would wait until the browser is idle, which it isn't while one draws.
 * @param {HTMLCanvasElement} canvas
 */
const encoded = (canvas) => bytes(canvas.toDataURL().split(",")[1]);

/** @param {string} base64 */
const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

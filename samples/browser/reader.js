// From an image to the answer, as digits.Classifier gives it.

import { reasonToAbstain } from "./abstain.js";
import * as ort from "./ort.js";
import { unpacked } from "./packed.js";
import { pixelsOf } from "./pixels.js";

const MODEL = new URL("./model.json", import.meta.url);
const GRAPH = new URL("./image.onnx.gz", import.meta.url);
const ENGINE = new URL("./ort.wasm.gz", import.meta.url);

// One thread needs no cross-origin isolation, so any file server will do.
ort.env.wasm.numThreads = 1;

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string[]} labels
 * @property {string[]} evidence  names of what the front end measures
 * @property {import("./abstain.js").Thresholds} abstain
 */

/**
 * Load the model.
 * @returns {Promise<{model: Model, read: (image: Blob | ImageData) => Promise<import("./contract.js").Answer>}>}
 */
export async function openReader() {
  const [model, graph, engine] = await Promise.all([
    fetch(MODEL).then((response) => response.json()),
    unpacked(GRAPH),
    unpacked(ENGINE),
  ]);
  ort.env.wasm.wasmBinary = engine;
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  return { model, read: async (image) => answer(model, session, await pixelsOf(image)) };
}

/**
 * @param {Model} model
 * @param {ort.InferenceSession} session
 * @param {import("./pixels.js").Pixels} pixels
 */
async function answer(model, session, { data, width, height, factor, whole }) {
  const image = new ort.Tensor("uint8", data, [1, height, width, 3]);
  const { probabilities, canvas, box, evidence } = await session.run({ image });
  const found = /** @type {Float32Array} */ (probabilities.data);
  const confidence = Math.max(...found);
  const figures = Object.fromEntries(model.evidence.map((name, i) => [name, Number(evidence.data[i])]));
  const reason = reasonToAbstain(model.abstain, figures, confidence);
  const edges = [...box.data].map((edge, i) => Math.min(factor * Number(edge), whole[i % 2]));
  return /** @type {import("./contract.js").Answer} */ ({
    label: reason ? null : model.labels[found.indexOf(confidence)],
    reason,
    confidence,
    probabilities: [...found],
    box: edges,
    canvas: { shape: canvas.dims.slice(1), data: canvas.data },
  });
}

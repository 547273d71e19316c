// Replays a bundle's goldens in any engine that has ONNX Runtime's JavaScript API: in WebAssembly
// in Node, in a browser, or natively in Node.

import { readNpz } from "./npz.mjs";

/**
 * @param {typeof import("onnxruntime-common")} ort  the engine
 * @param {string[]} executionProviders  where it runs
 * @param {(name: string) => Uint8Array | null | Promise<Uint8Array | null>} read  a file of the bundle
 */
export async function replayed(ort, executionProviders, read) {
  const manifest = JSON.parse(new TextDecoder().decode(await read("manifest.json")));
  const goldens = readNpz(await read("goldens.npz"));
  const open = async (file) => {
    const session = await ort.InferenceSession.create(file, { executionProviders });
    const name = session.inputNames[0];
    return (data, shape) => session.run({ [name]: new ort.Tensor("uint8", data, shape) });
  };
  const model = await open(await read("model.onnx"));
  const graphs = { "model.onnx": await canvases(model, goldens) };
  for (const name of ["front.onnx", "image.onnx"]) {
    const file = await read(name);
    if (file) graphs[name] = await images(await open(file), model, goldens);
  }
  const passed = Object.values(graphs).every((figures) => within(figures, manifest.tolerance));
  return { graphs, passed };
}

async function canvases(model, goldens) {
  const { canvas, logits, probabilities } = goldens;
  const found = await model(canvas.data, canvas.shape);
  return {
    goldens: canvas.shape[0],
    flips: flips(found.probabilities.data, probabilities.data, probabilities.shape[1]),
    logits: worst(found.logits.data, logits.data),
    probabilities: worst(found.probabilities.data, probabilities.data),
  };
}

// A canvas may differ by a grey level, and its probabilities then differ rightly: so they are
// compared with the engine's own classifier, which `canvases` holds against the truth.
async function images(graph, model, goldens) {
  const figures = { goldens: 0, flips: 0, canvas: 0, box: 0, evidence: 0, probabilities: 0 };
  for (; goldens[`image_${figures.goldens}`]; figures.goldens++) {
    const name = `image_${figures.goldens}`;
    const { data, shape } = goldens[name];
    const golden = (output) => goldens[`${name}_${output}`].data;
    const found = await graph(data, [1, ...shape]);
    const own = (await model(found.canvas.data, found.canvas.dims)).probabilities.data;
    const answer = found.probabilities?.data ?? own;
    const differences = {
      canvas: worst(found.canvas.data, golden("canvas")),
      box: worst(found.box.data, golden("box")) / Math.max(...shape),
      evidence: worst(found.evidence.data, golden("evidence")),
      probabilities: worst(answer, own),
    };
    for (const [key, value] of Object.entries(differences)) {
      figures[key] = Math.max(figures[key], value);
    }
    figures.flips += flips(answer, golden("probabilities"), answer.length);
  }
  return figures;
}

function within(figures, tolerance) {
  const close = Object.entries(figures)
    .filter(([name]) => name in tolerance)
    .every(([name, value]) => value <= tolerance[name]);
  return close && figures.goldens > 0 && figures.flips === 0;
}

function worst(found, truth) {
  if (found.length !== truth.length) return Infinity;
  return truth.reduce((most, value, i) => Math.max(most, Math.abs(found[i] - value)), 0);
}

function flips(found, truth, classes) {
  let count = found.length === truth.length ? 0 : Infinity;
  for (let start = 0; start < truth.length; start += classes) {
    if (best(found, start, classes) !== best(truth, start, classes)) count++;
  }
  return count;
}

function best(values, start, count) {
  let at = start;
  for (let i = start; i < start + count; i++) if (values[i] > values[at]) at = i;
  return at;
}

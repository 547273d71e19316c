// Replays a bundle's goldens in onnxruntime-web, the engine of browsers, on WebAssembly in Node.
//
//     npm install --prefix samples/peers/web
//     node samples/peers/web/replay.mjs bundles/lenet
//
// Prints one line of JSON, as replay.py does; exit code 4 if an answer isn't the trained network's.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as ort from "onnxruntime-web/wasm";
import { readNpz } from "./npz.mjs";

const bundle = process.argv[2];
const manifest = JSON.parse(readFileSync(join(bundle, "manifest.json"), "utf-8"));
const goldens = readNpz(readFileSync(join(bundle, "goldens.npz")));
ort.env.wasm.numThreads = 1;

const graphs = {};
const model = await open("model.onnx");
graphs["model.onnx"] = await canvases();
for (const name of ["front.onnx", "image.onnx"]) {
  if (existsSync(join(bundle, name))) graphs[name] = await images(await open(name));
}
const passed = Object.values(graphs).every(within);
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(
  join(require.resolve("onnxruntime-web/wasm"), "../../package.json"), "utf-8"));
console.log(JSON.stringify({ engine: `onnxruntime-web ${version}`, graphs, passed }));
process.exit(passed ? 0 : 4);

async function open(name) {
  const file = new Uint8Array(readFileSync(join(bundle, name)));
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  return (data, shape) => session.run({ [session.inputNames[0]]: new ort.Tensor("uint8", data, shape) });
}

async function canvases() {
  const { canvas, logits, probabilities } = goldens;
  const found = await model(canvas.data, canvas.shape);
  return {
    goldens: canvas.shape[0],
    flips: flips(found.probabilities.data, probabilities.data),
    logits: worst(found.logits.data, logits.data),
    probabilities: worst(found.probabilities.data, probabilities.data),
  };
}

// A canvas may differ by a grey level, and its probabilities then differ rightly: so they are
// compared with the engine's own classifier, which `canvases` holds against the truth.
async function images(graph) {
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
    figures.flips += flips(answer, golden("probabilities"));
  }
  return figures;
}

function within(figures) {
  const close = Object.entries(figures)
    .filter(([name]) => name in manifest.tolerance)
    .every(([name, value]) => value <= manifest.tolerance[name]);
  return close && figures.goldens > 0 && figures.flips === 0;
}

function worst(found, truth) {
  if (found.length !== truth.length) return Infinity;
  return truth.reduce((most, value, i) => Math.max(most, Math.abs(found[i] - value)), 0);
}

function flips(found, truth) {
  const classes = manifest.labels.length;
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

// Reads digits from PNG files in Node.
//
//     npm install --no-package-lock --ignore-scripts --prefix samples/node
//     node samples/node/read.mjs bundles/lenet samples/images/7-tiny-14.png

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { PNG } from "pngjs";
import { reasonToAbstain } from "../browser/abstain.js";

const [bundle, ...files] = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node read.mjs BUNDLE IMAGE.png...");
  process.exit(2);
}
const { labels, evidence: names, abstain } = JSON.parse(readFileSync(join(bundle, "manifest.json")));
const session = await ort.InferenceSession.create(join(bundle, "image.onnx"));

for (const file of files) {
  const image = decoded(file);
  if (!image) continue;
  const { probabilities, evidence } = await session.run({ image });
  const confidence = Math.max(...probabilities.data);
  const figures = Object.fromEntries(names.map((name, i) => [name, evidence.data[i]]));
  const reason = reasonToAbstain(abstain, figures, confidence);
  const label = reason ? null : labels[probabilities.data.indexOf(confidence)];
  console.log(JSON.stringify({ path: file, label, reason, confidence, probabilities: [...probabilities.data] }));
}

/** The graph's input; undefined, and a line in the answer's place, where a file isn't a whole PNG. */
function decoded(file) {
  try {
    const { width, height, data } = PNG.sync.read(readFileSync(file));
    return new ort.Tensor("uint8", onWhite(data), [1, height, width, 3]);
  } catch (error) {
    console.log(JSON.stringify({ path: file, error: `can't be read as PNG: ${error.message}` }));
    process.exitCode = 1;
  }
}

/** RGB of RGBA pixels, transparent parts on white. */
function onWhite(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3] / 255;
    for (let c = 0; c < 3; c++) rgb[to++] = Math.round(rgba[from + c] * alpha + 255 * (1 - alpha));
  }
  return rgb;
}

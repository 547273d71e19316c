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
import { replayed } from "./goldens.mjs";

const bundle = process.argv[2];
ort.env.wasm.numThreads = 1;
const report = await replayed(ort, ["wasm"], (name) => {
  const file = join(bundle, name);
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : null;
});
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(
  join(require.resolve("onnxruntime-web/wasm"), "../../package.json"), "utf-8"));
console.log(JSON.stringify({ engine: `onnxruntime-web ${version}`, ...report }));
process.exit(report.passed ? 0 : 4);

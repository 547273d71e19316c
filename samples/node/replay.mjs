// Replays a bundle's goldens in onnxruntime-node; exit code 4 if an answer isn't the trained network's.
//
//     node samples/node/replay.mjs bundles/lenet

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { replayed } from "../peers/web/goldens.mjs";

const bundle = process.argv[2];
const report = await replayed(ort, ["cpu"], (name) => {
  const file = join(bundle, name);
  return existsSync(file) ? new Uint8Array(readFileSync(file)) : null;
});
console.log(JSON.stringify({ engine: `onnxruntime-node ${ort.env.versions.node}`, ...report }));
process.exit(report.passed ? 0 : 4);

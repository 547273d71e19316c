// Puts together a static folder with the page and everything that it needs.
//
//     npm install --no-package-lock --ignore-scripts --prefix samples/browser
//     node samples/browser/build.mjs [BUNDLE [OUT]]
//
// BUNDLE is an exported model with its image.onnx (bundles/lenet), OUT the folder (dist).

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../..");
const PAGE = join(ROOT, "runtime/digits/serve/page");
const ORT = join(HERE, "node_modules/onnxruntime-web/dist");
const OWN = ["engine.js", "worker.js", "reader.js", "pixels.js", "abstain.js", "packed.js"];

// WebAssembly counts as evaluating code; everything else as strict as the server says it.
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'";

const bundle = resolve(process.argv[2] ?? join(ROOT, "bundles/lenet"));
const out = resolve(process.argv[3] ?? join(HERE, "dist"));

need(join(bundle, "image.onnx"), "export the model: digits-export --arch lenet");
need(ORT, "run: npm install --no-package-lock --ignore-scripts --prefix samples/browser");
if (existsSync(out)) need(join(out, "offline.js"), "it isn't a folder of mine: name another, or remove it");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

cpSync(PAGE, join(out, "page"), { recursive: true });
for (const name of OWN) cpSync(join(HERE, name), join(out, "page", name));
// The build without WebGPU and WebNN, with its loader inside.
cpSync(join(ORT, "ort.wasm.bundle.min.mjs"), join(out, "page/ort.js"));
pack(join(ORT, "ort-wasm-simd-threaded.wasm"), "ort.wasm.gz");
pack(join(bundle, "image.onnx"), "image.onnx.gz");
writeFileSync(join(out, "page/model.json"), JSON.stringify(described(bundle)));
writeFileSync(join(out, "index.html"), withPolicy(readFileSync(join(PAGE, "index.html"), "utf-8")));
rmSync(join(out, "page/index.html"));
writeFileSync(join(out, "offline.js"), withFiles(readFileSync(join(HERE, "offline.js"), "utf-8")));
console.log(`${out}: ready for any file server, for example: python3 -m http.server --directory ${out}`);

function need(path, remedy) {
  if (existsSync(path)) return;
  console.error(`${path} is missing: ${remedy}`);
  process.exit(2);
}

function pack(file, name) {
  writeFileSync(join(out, "page", name), gzipSync(readFileSync(file), { level: 9 }));
}

/** What the page needs of the manifest. */
function described(bundle) {
  const { name, labels, evidence, abstain } = JSON.parse(readFileSync(join(bundle, "manifest.json"), "utf-8"));
  return { name, labels, evidence, abstain: abstain ?? {} };
}

function withPolicy(html) {
  const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  return html.replace('<meta charset="utf-8">', `$&\n  ${meta}`);
}

/** The service worker, knowing its files and a version that changes with any of them. */
function withFiles(script) {
  const files = ["index.html", ...readdirSync(join(out, "page")).sort().map((name) => `page/${name}`)];
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(join(out, file)));
  const version = hash.digest("hex").slice(0, 16);
  return script
    .replace("/* files */", files.map((file) => JSON.stringify(file)).join(", "))
    .replace("/* version */", version);
}

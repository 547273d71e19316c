// Reads .npz files whose arrays aren't compressed, as a bundle's goldens are.

const TYPES = { "|u1": Uint8Array, "<f4": Float32Array, "<f8": Float64Array };
const END_OF_DIRECTORY = 0x06054b50;

/** Arrays by name, each {shape, data}, from the bytes of the file. */
export function readNpz(file) {
  const bytes = new Uint8Array(file); // slices of Node's own buffers aren't copies
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error("not an .npz file");
  const arrays = {};
  let entry = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    const nameLength = view.getUint16(entry + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + nameLength));
    if (view.getUint16(entry + 10, true) !== 0) throw new Error(`${name} is compressed`);
    const local = view.getUint32(entry + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const size = view.getUint32(entry + 24, true);
    arrays[name.replace(/\.npy$/, "")] = readNpy(bytes.slice(start, start + size), name);
    entry += 46 + nameLength + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  return arrays;
}

function readNpy(bytes, name) {
  const view = new DataView(bytes.buffer);
  const start = bytes[6] === 1 ? 10 : 12;
  const length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const type = TYPES[/'descr': '([^']+)'/.exec(header)?.[1]];
  if (!type || header.includes("'fortran_order': True")) throw new Error(`${name}: ${header}`);
  const sizes = /'shape': \(([^)]*)\)/.exec(header)[1];
  const shape = sizes.split(",").map((size) => size.trim()).filter(Boolean).map(Number);
  return { shape, data: new type(bytes.buffer.slice(start + length)) };
}

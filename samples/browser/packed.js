// Large files travel packed, also from file servers that don't compress.

/**
 * Fetch a gzip file and unpack it.
 * @param {URL} url
 * @returns {Promise<ArrayBuffer>}
 */
export async function unpacked(url) {
  const response = await fetch(url).catch(() => null);
  if (!response) throw new Error("The model can't be loaded: no network, or no server.");
  if (!response.ok) throw new Error(`The model can't be loaded: ${url.pathname} is missing.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers declare it as compressed, and the browser then has unpacked it already.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// From an image file to RGB pixels as the runtime decodes them: upright, transparent parts on
// white, halved by averaging until there are no more than reading needs.

const READING_AREA = 700_000;
const BAND_AREA = 4_000_000; // pixels that are held at once; a canvas of a phone has its limits

/**
 * @typedef {object} Pixels
 * @property {Uint8Array} data  RGB
 * @property {number} width
 * @property {number} height
 * @property {number} factor  how many pixels of the whole image, along each side, became one
 * @property {[number, number]} whole  the image's width and height
 */

/**
 * @param {Blob | ImageData} image  a file, or a drawing without transparent parts
 * @returns {Promise<Pixels>}
 */
export async function pixelsOf(image) {
  const bitmap = image instanceof ImageData ? null : await decoded(image);
  const { width, height } = bitmap ?? image;
  const factor = reduction(width, height);
  const small = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
  const data = new Uint8Array(3 * small.width * small.height);
  const rows = factor * Math.max(1, Math.floor(BAND_AREA / width / factor));
  for (let top = 0; top < height; top += rows) {
    const band = bitmap ? cut(bitmap, top, Math.min(rows, height - top)) : crop(image, top, rows);
    average(band, factor, data.subarray(3 * small.width * (top / factor)));
  }
  bitmap?.close();
  return { data, ...small, factor, whole: [width, height] };
}

/** @param {Blob} file */
async function decoded(file) {
  // Grey levels as they are in the file, whatever profile it names.
  const options = { imageOrientation: "from-image", colorSpaceConversion: "none" };
  return createImageBitmap(file, options).catch(() => {
    throw new Error("That is no image that this browser can read.");
  });
}

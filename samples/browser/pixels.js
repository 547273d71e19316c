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
  if (image instanceof ImageData) return reduced(image, () => image);
  const bitmap = await decoded(image);
  try {
    return reduced(bitmap, (top, rows) => onWhite(bitmap, top, rows));
  } finally {
    bitmap.close();
  }
}

/** @param {Blob} file */
async function decoded(file) {
  // Grey levels as they are in the file, whatever profile it names.
  const options = /** @type {const} */ ({ imageOrientation: "from-image", colorSpaceConversion: "none" });
  return createImageBitmap(file, options).catch(() => {
    throw new Error("That is no image that this browser can read.");
  });
}

/**
 * @param {{width: number, height: number}} size  of the whole image
 * @param {(top: number, rows: number) => ImageData} band  rows of it
 * @returns {Pixels}
 */
function reduced({ width, height }, band) {
  const factor = reduction(width, height);
  const small = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
  const data = new Uint8Array(3 * small.width * small.height);
  const rows = factor * Math.max(1, Math.floor(BAND_AREA / width / factor));
  for (let top = 0; top < height; top += rows) {
    const first = 3 * small.width * (top / factor);
    average(band(top, Math.min(rows, height - top)), factor, data.subarray(first));
  }
  return { data, ...small, factor, whole: [width, height] };
}

/**
 * By what power of two to divide both sides.
 * @param {number} width
 * @param {number} height
 */
function reduction(width, height) {
  let factor = 1;
  while (width * height > READING_AREA * factor * factor) factor *= 2;
  return factor;
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} top
 * @param {number} rows
 */
function onWhite(bitmap, top, rows) {
  const canvas = new OffscreenCanvas(bitmap.width, rows);
  const options = { willReadFrequently: true };
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", options));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, bitmap.width, rows);
  context.drawImage(bitmap, 0, -top);
  return context.getImageData(0, 0, bitmap.width, rows);
}

/**
 * Average squares of pixels, at the right and lower edge what there is.
 * @param {ImageData} band
 * @param {number} factor
 * @param {Uint8Array} into  RGB
 */
function average({ data, width, height }, factor, into) {
  let at = 0;
  for (let top = 0; top < height; top += factor) {
    const bottom = Math.min(top + factor, height);
    for (let left = 0; left < width; left += factor) {
      const right = Math.min(left + factor, width);
      const count = (bottom - top) * (right - left);
      for (let colour = 0; colour < 3; colour++) {
        let sum = count >> 1; // so that it rounds to the nearest level
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[4 * (y * width + x) + colour];
        }
        into[at++] = sum / count;
      }
    }
  }
}

// Pictures that the user opens, photographs, drops or pastes.

/** @typedef {import("./sheet.js").Photo} Photo */

const PREVIEW = 1000; // pixels along the longer side

/**
 * @param {Record<"open" | "photograph", HTMLElement> & Record<"file" | "camera", HTMLInputElement>} controls
 * @param {HTMLElement} paper  shows that something may be dropped
 * @param {(files: File[]) => void} opened
 */
export function takePictures({ open, photograph, file, camera }, paper, opened) {
  for (const [button, input] of /** @type {const} */ ([[open, file], [photograph, camera]])) {
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      opened([...(input.files ?? [])]);
      input.value = ""; // so that the same file can be opened again
    });
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) opened(files);
  });
  takeDrops(paper, opened);
}

/**
 * Take what is dropped anywhere, since a file dropped beside the paper would replace the page.
 * @param {HTMLElement} paper
 * @param {(files: File[]) => void} opened
 */
function takeDrops(paper, opened) {
  const over = (/** @type {boolean} */ is) => paper.classList.toggle("dropping", is);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over(false);
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    opened([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * A file with what the screen shows of it, upright.
 * @param {File} file
 * @returns {Promise<Photo>}
 */
export async function photoOf(file) {
  // The engine may know formats that the browser doesn't: then there is an answer, and no preview.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  const { width, height } = bitmap ?? { width: 1, height: 1 };
  return { file, name: file.name, preview: bitmap && (await preview(bitmap)), width, height };
}

/**
 * No larger than a screen shows it: the history keeps many.
 * @param {ImageBitmap} bitmap
 */
async function preview(bitmap) {
  const scale = PREVIEW / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const small = await createImageBitmap(bitmap, {
    resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
    resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
    resizeQuality: "medium",
  });
  bitmap.close();
  return small;
}

// Runs the model beside the page, so that drawing never waits for it.

import { openReader } from "./reader.js";

const reader = openReader();

/** One question after the other, so that answers come in their order. */
let last = Promise.resolve();

onmessage = ({ data: question }) => {
  last = last.then(async () => {
    try {
      const { read, model } = await reader;
      postMessage({ answer: question === null ? model : await read(question) });
    } catch (error) {
      postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  });
};

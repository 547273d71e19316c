// The page: what the user does leads to the sheet, the sheet to questions, answers to the verdict.

import { createEngine } from "./engine.js";
import { drawWithKeys, listenForShortcuts } from "./keys.js";
import { Live } from "./live.js";
import { Paper } from "./paper.js";
import { drawWithPointers } from "./pen.js";
import { photoOf, takePictures } from "./pictures.js";
import { Sheet } from "./sheet.js";
import { Verdict } from "./verdict.js";
import { GLYPHS, write } from "./writing.js";

const AGAIN = 1000; // milliseconds until an engine that didn't start is started again

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (element(id));
const input = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (element(id));

const sheet = new Sheet();
const paper = new Paper(element("paper"), sheet);
const verdict = new Verdict(element);
const starting = started();
const live = new Live(async (...question) => (await starting).predict(...question), {
  answered,
  failed,
});

/** When the pen was lifted, until there is an answer. */
let lifted = 0;
/** Whether there is an answer about all that is on the sheet. */
let known = false;
let writing = new AbortController();
/** Whether the notice is about an answer that didn't come. */
let broken = false;

/** @type {import("./pen.js").Hand} */
const hand = {
  begin(point) {
    if (sheet.photo || sheet.blank) live.forget();
    sheet.begin(point);
    lifted = 0;
    changed();
  },
  extend(points) {
    const drawn = sheet.strokes[sheet.strokes.length - 1].length;
    if (points.filter((point) => sheet.extend(point)).length === 0) return;
    paper.extend(drawn);
    ask();
  },
  end() {
    lifted = performance.now();
    // All that was drawn has been asked about; it may even have its answer.
    if (known) settle();
    else if (broken) ask();
  },
  cancel: undo,
};

const pens = /** @type {HTMLFormElement} */ (element("pens"));
const width = () => Number(/** @type {RadioNodeList} */ (pens.elements.namedItem("pen")).value);
const layPenDown = drawWithKeys(element("paper"), element("tip"), width, hand);
drawWithPointers(element("paper"), width, { ...hand, begin: (point) => (stop(), hand.begin(point)) });
listenForShortcuts({ undo, clear, open: () => button("open").click(), write: show });
takePictures(
  {
    open: button("open"), file: input("file"),
    photograph: button("photograph"), camera: input("camera"),
  },
  element("paper"),
  opened,
);
button("undo").addEventListener("click", undo);
button("clear").addEventListener("click", clear);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
introduce(await starting);

/** Start the engine, however long that takes. */
async function started() {
  for (;;) {
    try {
      const engine = await createEngine();
      notice("");
      return engine;
    } catch (error) {
      notice(error instanceof Error ? error.message : String(error));
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

/** @param {import("./contract.js").Engine} engine */
function introduce({ model, labels, place }) {
  element("model").textContent = model;
  element("place").textContent = place;
  verdict.know(labels);
  offerExamples(labels);
  document.documentElement.dataset.ready = "";
}

function ask() {
  known = false;
  if (!("ready" in document.documentElement.dataset)) verdict.clear("Loading the model.");
  live.ask(() => paper.picture());
}

/** Show the sheet, and ask about it if there is anything on it. */
function changed() {
  paper.draw();
  paper.frame(null);
  notice("");
  button("undo").disabled = !sheet.undoable;
  button("clear").disabled = sheet.blank;
  const unseen = sheet.photo && !sheet.photo.preview ? sheet.photo.name : "";
  element("file-name").textContent = unseen;
  if (sheet.blank) verdict.clear();
  else ask();
}

/** End what is being drawn, by whomever. */
function stop() {
  writing.abort();
  layPenDown();
}

function undo() {
  stop();
  live.forget();
  sheet.undo();
  changed();
}

function clear() {
  stop();
  live.forget();
  sheet.clear();
  changed();
}

/** @param {File[]} files */
async function opened(files) {
  stop();
  const [file] = files;
  if (!file) return notice("That is no file. Save the picture, then drop or open it.");
  live.forget();
  sheet.lay(await photoOf(file));
  lifted = performance.now();
  changed();
  if (files.length > 1) notice(`One at a time: this is ${file.name}.`);
}

/** @param {string} digit */
function show(digit) {
  clear();
  writing = new AbortController();
  write(digit, width(), hand, writing.signal);
}

/** @param {string[]} labels */
function offerExamples(labels) {
  const group = element("examples");
  for (const digit of Object.keys(GLYPHS).filter((digit) => labels.includes(digit))) {
    const example = Object.assign(document.createElement("button"), {
      type: "button", textContent: digit, title: `Write a ${digit}`, onclick: () => show(digit),
    });
    group.append(example);
    group.hidden = false;
  }
}

/**
 * @param {import("./contract.js").Answer} answer
 * @param {number} milliseconds
 * @param {boolean} last
 */
function answered(answer, milliseconds, last) {
  verdict.show(answer, milliseconds);
  paper.frame(answer.reason === "empty" ? null : answer.box);
  if (broken) notice("");
  broken = false;
  known = last;
  if (known) settle();
}

/** The answer is there, and stays if the pen is up. */
function settle() {
  if (lifted === 0) return;
  performance.measure("from pen-up to answer", { start: lifted });
  lifted = 0;
}

/** @param {string} message */
function failed(message) {
  verdict.clear("No answer.");
  paper.frame(null);
  notice(message);
  broken = true;
}

/** @param {string} message */
function notice(message) {
  element("notice").textContent = message;
}

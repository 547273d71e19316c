// The answer in words and pictures.

import { Bars, percent } from "./bars.js";

/** @typedef {import("./contract.js").Answer} Answer */

const QUIET = 700; // milliseconds without a new answer before it is read out

const DIGITS = [..."0123456789"]; // until the model has said what it knows

/** Shows answers. */
export class Verdict {
  #element;
  #seen;
  #bars;
  #labels = DIGITS;
  #reading = 0;

  /** @param {(id: string) => HTMLElement} element */
  constructor(element) {
    this.#element = element;
    this.#seen = /** @type {HTMLCanvasElement} */ (element("seen"));
    this.#bars = new Bars(element("bars"), DIGITS);
    this.clear();
  }

  /** @param {string[]} labels  that the model gives */
  know(labels) {
    if (labels.join() === this.#labels.join()) return;
    this.#labels = labels;
    this.#bars = new Bars(this.#element("bars"), labels);
  }

  clear(words = "Waiting for a picture.") {
    this.#say("–", words, "none");
    this.#bars.show([], false);
    this.#element("took").textContent = "";
    this.#seen.getContext("2d")?.clearRect(0, 0, this.#seen.width, this.#seen.height);
  }

  /**
   * @param {Answer} answer
   * @param {number} milliseconds  that it took
   */
  show(answer, milliseconds) {
    const { label, confidence, probabilities, canvas } = answer;
    const sure = label !== null;
    this.#say(label ?? "?", sure ? `${percent(confidence)} sure` : this.#why(answer), sure ? "sure" : "unsure");
    this.#bars.show(probabilities, sure);
    this.#element("took").textContent = `Answered in ${Math.max(1, Math.round(milliseconds))} ms`;
    drawSeen(this.#seen, canvas);
  }

  /** @param {Answer} answer */
  #why({ reason, probabilities }) {
    if (reason === "empty") return "I see nothing to read here.";
    if (reason === "several") return "That looks like more than one. Draw them one at a time.";
    const best = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const [first, second] = best.map((i) => this.#labels[i]);
    return `Not sure. A ${first} or a ${second}, perhaps?`;
  }

  /**
   * @param {string} label
   * @param {string} words
   * @param {string} mood
   */
  #say(label, words, mood) {
    const large = this.#element("label");
    large.textContent = label;
    large.classList.toggle("word", label.length > 1);
    large.dataset.mood = mood;
    this.#element("words").textContent = words;
    clearTimeout(this.#reading);
    const text = mood === "sure" ? `${label}, ${words}` : words;
    this.#reading = setTimeout(() => (this.#element("spoken").textContent = text), QUIET);
  }
}

/**
 * @param {HTMLCanvasElement} element
 * @param {Answer["canvas"]} canvas  28x28, or RGB planes of another size
 */
function drawSeen(element, { shape, data }) {
  const [height, width] = shape.slice(-2);
  const planes = data.length / (height * width);
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = data[i + height * width * Math.min(c, planes - 1)];
    }
    image.data[4 * i + 3] = 255;
  }
  Object.assign(element, { width, height });
  element.getContext("2d")?.putImageData(image, 0, 0);
}

// Keeps asking while the picture changes: one question at a time, always about the newest picture.

import { EngineError } from "./contract.js";

/**
 * @typedef {import("./contract.js").Answer} Answer
 * @typedef {import("./contract.js").Picture} Picture
 *
 * @typedef {object} Listener
 * @property {(answer: Answer, milliseconds: number, last: boolean) => void} answered  `last` if
 *     nothing newer waits
 * @property {(message: string) => void} failed
 */

/** The questions about what is on the paper. */
export class Live {
  #predict;
  #listener;
  /** @type {(() => Picture) | null} */
  #newest = null;
  #running = false;
  #subject = new AbortController();

  /**
   * @param {(picture: Picture, signal: AbortSignal) => Promise<Answer>} predict
   * @param {Listener} listener
   */
  constructor(predict, listener) {
    this.#predict = predict;
    this.#listener = listener;
  }

  /**
   * Ask about a picture as it is when its turn comes.
   * @param {() => Picture} picture
   */
  ask(picture) {
    this.#newest = picture;
    if (!this.#running) this.#run();
  }

  /** Drop what is asked and what is still answered: it is about something else now. */
  forget() {
    this.#newest = null;
    this.#subject.abort();
    this.#subject = new AbortController();
  }

  async #run() {
    this.#running = true;
    while (this.#newest) {
      const picture = this.#newest;
      this.#newest = null;
      await this.#once(picture, this.#subject.signal);
    }
    this.#running = false;
  }

  /**
   * @param {() => Picture} picture
   * @param {AbortSignal} signal  of what it is about
   */
  async #once(picture, signal) {
    const started = performance.now();
    try {
      const answer = await this.#predict(picture(), signal);
      if (signal.aborted) return;
      this.#listener.answered(answer, performance.now() - started, this.#newest === null);
    } catch (error) {
      if (!signal.aborted) await this.#failed(error, picture, signal);
    }
  }

  /**
   * @param {unknown} error
   * @param {() => Picture} picture
   * @param {AbortSignal} signal
   */
  async #failed(error, picture, signal) {
    const known = error instanceof EngineError;
    if (!known) console.error(error);
    this.#listener.failed(known ? error.message : "That went wrong. Try another picture.");
    if (!known || !error.again) return;
    await pause(error.again);
    if (!signal.aborted) this.#newest ??= picture;
  }
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

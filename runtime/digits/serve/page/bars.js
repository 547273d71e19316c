// One bar for each label.

/** The bars of the probabilities. */
export class Bars {
  /** @type {HTMLElement[]} */
  #rows = [];

  /**
   * @param {HTMLElement} list
   * @param {string[]} labels
   */
  constructor(list, labels) {
    this.#rows = labels.map((label) => {
      const row = document.createElement("li");
      row.append(part("name", label), part("bar", ""), part("value", ""));
      return row;
    });
    list.replaceChildren(...this.#rows);
  }

  /**
   * @param {number[]} probabilities  none to empty the bars
   * @param {boolean} sure  whether the model stands by the best of them
   */
  show(probabilities, sure) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.#rows.forEach((row, i) => {
      const probability = probabilities[i] ?? 0;
      row.style.setProperty("--share", probability.toFixed(4));
      row.classList.toggle("best", i === best && sure);
      /** @type {Element} */ (row.lastElementChild).textContent = inBrief(probability);
    });
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function part(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}

/** @param {number} probability */
function inBrief(probability) {
  if (probability < 0.001) return "";
  return percent(probability);
}

/**
 * Never rounded to a certainty that no model has.
 * @param {number} probability
 */
export function percent(probability) {
  if (probability > 0.999) return "> 99.9 %";
  return `${(100 * probability).toFixed(1)} %`;
}

// When there is no label: the same rules as in runtime/digits/abstain.py.

/** @typedef {Record<string, number>} Thresholds  "present", "others", "confidence", or fewer */

/**
 * @param {Thresholds} thresholds  of the model
 * @param {Record<string, number>} evidence  what the front end measured
 * @param {number} confidence  the highest probability
 */
export function reasonToAbstain(thresholds, evidence, confidence) {
  // Written so that NaN abstains, too.
  if (known("present", thresholds, evidence) && !(evidence.present >= thresholds.present)) return "empty";
  if (known("others", thresholds, evidence) && !(evidence.others <= thresholds.others)) return "several";
  if ("confidence" in thresholds && !(confidence >= thresholds.confidence)) return "unsure";
  return undefined;
}

/**
 * @param {string} name
 * @param {object[]} figures
 */
const known = (name, ...figures) => figures.every((figure) => name in figure);

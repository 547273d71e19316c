// The keyboard: shortcuts anywhere, and a pen that the arrow keys move on the paper.

/** @typedef {import("./pen.js").Hand} Hand */

const STEP = 0.02; // of the paper's side
const LEAP = 0.06;
/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

/**
 * @typedef {object} Shortcuts
 * @property {() => void} undo
 * @property {() => void} clear
 * @property {() => void} open
 * @property {(digit: string) => void} write
 */

/** @param {Shortcuts} shortcuts */
export function listenForShortcuts({ undo, clear, open, write }) {
  document.addEventListener("keydown", (event) => {
    const command = event.ctrlKey || event.metaKey;
    if (event.altKey || event.defaultPrevented) return;
    if (command && !event.shiftKey && event.key.toLowerCase() === "z") return done(event, undo);
    if (command) return;
    if (["Escape", "Delete", "Backspace"].includes(event.key)) return done(event, clear);
    if (event.key.toLowerCase() === "o" && !event.repeat) return done(event, open);
    if (/^[0-9]$/.test(event.key)) return done(event, () => write(event.key));
  });
}

/**
 * @param {Event} event
 * @param {() => void} action
 */
function done(event, action) {
  event.preventDefault();
  action();
}

/**
 * Draw with the arrow keys; Space puts the pen down and lifts it.
 * @param {HTMLElement} paper
 * @param {HTMLElement} tip  shows where the pen is
 * @param {() => number} width
 * @param {Hand} hand
 */
export function drawWithKeys(paper, tip, width, hand) {
  const at = { x: 0.5, y: 0.25 };
  const held = new Set();
  let down = false;

  const point = () => ({ ...at, width: width() });
  const show = () => {
    tip.hidden = !paper.matches(":focus-visible");
    tip.classList.toggle("down", down);
    tip.style.left = `${at.x * 100}%`;
    tip.style.top = `${at.y * 100}%`;
  };
  const lift = () => {
    if (down) hand.end();
    down = false;
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.repeat) return;
    if (down) return lift();
    down = true;
    hand.begin(point());
  };
  const move = (/** @type {KeyboardEvent} */ event) => {
    held.add(event.key); // two of them at once move it aslant
    const step = event.shiftKey ? LEAP : STEP;
    for (const key of held) {
      at.x = within(at.x + step * ARROWS[key][0]);
      at.y = within(at.y + step * ARROWS[key][1]);
    }
    if (down) hand.extend([point()]);
  };

  paper.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") press(event);
    else if (event.key in ARROWS) move(event);
    else return;
    event.preventDefault();
    show();
  });
  paper.addEventListener("keyup", (event) => held.delete(event.key));
  paper.addEventListener("blur", () => {
    held.clear();
    lift();
    show();
  });
  // A pointer that takes over, or a page that is cleared, has ended the stroke.
  return () => {
    down = false;
    show();
  };
}

/** @param {number} value */
const within = (value) => Math.min(Math.max(value, 0), 1);

/** The buttons of a message: rows, colours, and what pressing does (contract D.5). */

import { isSafe } from "/page/address.js";
import { el, occupy, release } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { t } from "/page/words.js";

const COLOUR = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i;
// A press that changes nothing must not leave its button busy for ever.
const LONGEST_BUSY_MS = 15_000;

/**
 * @param {object[]} items as the portal keeps them
 * @param {(index: number) => Promise<boolean>} press sends the press; false when it did not arrive
 * @returns {HTMLElement}
 */
export function keyboard(items, press) {
  const rows = [];
  let index = -1;
  let isRowOver = true;
  for (const item of items) {
    if (item.TYPE === "NEWLINE") {
      isRowOver = true;
      continue;
    }
    index += 1;
    if (isRowOver || item.DISPLAY !== "LINE") rows.push(el("div", { className: "keys" }));
    rows.at(-1).append(item.LINK ? link(item, index) : button(item, index, press));
    isRowOver = item.DISPLAY !== "LINE";
  }
  return el("div", { className: "keyboard" }, ...rows);
}

/** Make the pressed buttons of a conversation usable again, except those that may be pressed only once. */
export function settle(conversation) {
  for (const key of conversation.querySelectorAll(".key[aria-busy]")) finish(key);
}

function link(item, index) {
  if (!isSafe(item.LINK)) return button({ ...item, DISABLED: "Y" }, index);
  const anchor = el(
    "a",
    { className: "key", href: item.LINK, target: "_blank", rel: "noopener noreferrer", data: { focus: `key-${index}` } },
    el("span", { textContent: item.TEXT, dir: "auto" }),
    icon("out"),
    el("span", { className: "unseen", textContent: ` (${t("opens-tab")})` }),
  );
  paint(anchor, item);
  return anchor;
}

function button(item, index, press) {
  const key = el(
    "button",
    { type: "button", className: "key", disabled: item.DISABLED === "Y", data: { focus: `key-${index}` } },
    el("span", { textContent: item.TEXT, dir: "auto" }),
  );
  if (item.BLOCK === "Y") key.dataset.once = "yes";
  paint(key, item);
  key.addEventListener("click", () => pressed(key, item, () => press(index)));
  return key;
}

/** The button is busy until its message changes, which puts a new one in its place, or the bot has answered otherwise. */
async function pressed(key, item, press) {
  if (!occupy(key)) return;
  const hasArrived = await press();
  if (!hasArrived || item.COMMAND === undefined) release(key);
  else setTimeout(() => finish(key), LONGEST_BUSY_MS);
}

function finish(key) {
  if (!key.hasAttribute("aria-busy")) return;
  release(key);
  key.disabled = key.dataset.once === "yes";
}

function paint(key, item) {
  key.dataset.tone = item.BG_COLOR_TOKEN ?? "base";
  if (COLOUR.test(item.BG_COLOR ?? "")) {
    key.style.background = item.BG_COLOR;
    key.style.color = isDark(item.BG_COLOR) ? "#fff" : "#111";
  }
  if (COLOUR.test(item.TEXT_COLOR ?? "")) key.style.color = item.TEXT_COLOR;
  if (Number(item.WIDTH) > 0) key.style.minInlineSize = `min(${Number(item.WIDTH)}px, 100%)`;
}

/** Tell whether white is read better than black on a colour, by its luminance as WCAG 2 defines it. */
function isDark(colour) {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.slice(1).match(/../g);
  const [red, green, blue] = digits.map((pair) => {
    const share = Number.parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179;
}

/** Light or dark: as the system has it, until somebody chooses otherwise. */

import { byId } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { recall, remember } from "/page/memory.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Apply the remembered choice and let the button change it. */
export function mountTheme() {
  dark.addEventListener("change", apply);
  byId("theme").addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    // Who chooses what the system says follows the system again.
    remember("theme", (wanted === "dark") === dark.matches ? null : wanted);
    apply();
  });
  apply();
}

function isDark() {
  const chosen = recall("theme");
  return chosen === null ? dark.matches : chosen === "dark";
}

function apply() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  byId("theme").setAttribute("aria-pressed", String(isDark()));
  byId("theme").replaceChildren(icon(isDark() ? "sun" : "moon"));
}

/** Which parts stand side by side, and which take turns behind tabs where the page is narrow. */

import { attribute, byId } from "/page/dom.js";
import { t } from "/page/words.js";

// The widths are those of the style sheet; the panes are the ones behind tabs.
const TIERS = [
  { media: "(min-width: 87.5rem)", tabbed: [] },
  { media: "(min-width: 62rem)", tabbed: ["calendar", "requests"] },
  { media: "(min-width: 44rem)", tabbed: ["calendar", "requests", "people"] },
  { media: "all", tabbed: ["chat", "calendar", "requests", "people"] },
];
const PANES = ["chat", "calendar", "requests", "people"];

export class Layout {
  #tabbed = [];
  #wanted = "chat"; // by the visitor; a width may have no tab for it

  constructor() {
    for (const { media } of TIERS) matchMedia(media).addEventListener("change", () => this.arrange());
    const tabs = byId("tabs");
    tabs.addEventListener("click", (event) => this.show(event.target.closest("[data-pane]")?.dataset.pane));
    tabs.addEventListener("keydown", (event) => this.#key(event));
    this.arrange();
  }

  /** Divide the panes anew after the width has changed. */
  arrange() {
    this.#tabbed = TIERS.find(({ media }) => matchMedia(media).matches).tabbed;
    byId("tabs-place").hidden = this.#tabbed.length === 0;
    this.#apply();
  }

  /** Bring a part to the front, if it is behind a tab. */
  show(pane) {
    if (!this.#tabbed.includes(pane)) return;
    this.#wanted = pane;
    this.#apply();
  }

  /** Mark the tab of a part in which something happened out of sight. */
  mark(pane) {
    if (!this.#tabbed.includes(pane) || pane === this.#chosen) return;
    byId(`tab-${pane}`).dataset.news = "yes";
    byId(`tab-${pane}`).setAttribute("aria-description", t("news"));
  }

  get #chosen() {
    return this.#tabbed.includes(this.#wanted) ? this.#wanted : this.#tabbed[0];
  }

  #apply() {
    for (const pane of PANES) {
      const isTabbed = this.#tabbed.includes(pane);
      const isChosen = pane === this.#chosen;
      this.#applyTab(byId(`tab-${pane}`), isTabbed, isChosen);
      const panel = byId(`panel-${pane}`);
      panel.hidden = isTabbed && !isChosen;
      panel.parentElement.classList.toggle("away", panel.hidden);
      attribute(panel, "role", isTabbed ? "tabpanel" : undefined);
      attribute(panel, "aria-labelledby", isTabbed ? `tab-${pane}` : undefined);
    }
  }

  #applyTab(tab, isTabbed, isChosen) {
    tab.hidden = !isTabbed;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (!isChosen) return;
    delete tab.dataset.news;
    tab.removeAttribute("aria-description");
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const { length } = this.#tabbed;
    this.show(this.#tabbed[(this.#tabbed.indexOf(this.#chosen) + step + length) % length]);
    byId(`tab-${this.#chosen}`).focus();
    event.preventDefault();
  }
}

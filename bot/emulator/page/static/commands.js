/** The list of slash commands above the message box: arrows move, Enter or Tab choose, Escape closes. */

import { byId, el } from "/page/dom.js";
import { language, t } from "/page/words.js";

export class Commands {
  #list = byId("commands");
  #options = [];
  #active = 0;

  /**
   * @param {import("/page/feed.js").Feed} feed
   * @param {HTMLTextAreaElement} box
   * @param {(text: string) => void} choose
   */
  constructor(feed, box, choose) {
    this.feed = feed;
    this.box = box;
    this.choose = choose;
    box.setAttribute("aria-controls", this.#list.id);
    box.addEventListener("input", () => this.update());
    box.addEventListener("blur", () => this.close());
    // The focus stays in the box, so a press of the mouse must not take it.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** Show the commands that begin with what was typed. */
  update() {
    const typed = /^\/(\S*)$/.exec(this.box.value)?.[1].toLowerCase();
    const all = typed === undefined ? [] : this.feed.all("command");
    this.#options = all.filter(({ name }) => name.startsWith(typed)).sort((a, b) => a.name.localeCompare(b.name));
    if (this.#options.length === 0) {
      this.close();
      return;
    }
    this.#list.replaceChildren(...this.#options.map((command, index) => this.#row(command, index)));
    this.#list.hidden = false;
    byId("commands-count").textContent = t("commands-count", { n: this.#options.length });
    this.#move(0);
  }

  close() {
    this.#list.hidden = true;
    this.#options = [];
    this.box.removeAttribute("aria-activedescendant");
    byId("commands-count").textContent = "";
  }

  /** Use a key for the list, and tell whether it was one of its keys. */
  key(event) {
    if (this.#list.hidden) return false;
    const last = this.#options.length - 1;
    if (event.key === "ArrowDown") this.#move(this.#active === last ? 0 : this.#active + 1);
    else if (event.key === "ArrowUp") this.#move(this.#active === 0 ? last : this.#active - 1);
    else if (event.key === "Escape") this.close();
    else if (this.#isChoice(event)) this.#take(this.#active);
    else return false;
    return true;
  }

  /** Shift+Tab goes back, as it does everywhere. */
  #isChoice({ key, shiftKey }) {
    return (key === "Enter" && !this.#isComplete()) || (key === "Tab" && !shiftKey);
  }

  /** A command without words behind it that was typed in full may be sent at once. */
  #isComplete() {
    const { name, params } = this.#options[this.#active];
    return this.box.value === `/${name}` && !wording(params);
  }

  #row({ name, titles, params }, index) {
    const row = el(
      "li",
      { id: `command-${index}`, role: "option", "aria-selected": "false" },
      el("span", { className: "command-name", textContent: `/${name}` }),
      " ",
      el("span", { className: "command-params", textContent: wording(params), dir: "auto" }),
      " ",
      el("span", { className: "command-title", textContent: wording(titles), dir: "auto" }),
    );
    row.addEventListener("click", () => this.#take(index));
    return row;
  }

  #move(index) {
    this.#active = index;
    [...this.#list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === index)));
    this.#list.children[index].scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", `command-${index}`);
  }

  #take(index) {
    const { name, params } = this.#options[index];
    this.choose(wording(params) ? `/${name} ` : `/${name}`);
    this.close();
  }
}

const wording = (texts) => texts?.[language()] ?? texts?.en ?? "";

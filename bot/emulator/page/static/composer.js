/** The message box with its suggestions. */

import { waiting } from "/page/agenda.js";
import { attempt } from "/page/api.js";
import { Commands } from "/page/commands.js";
import { byId, el, mirror, occupy, release } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { recall, remember } from "/page/memory.js";
import { t } from "/page/words.js";

export class Composer {
  #box = byId("say");
  #trouble = byId("say-trouble");
  #writer; // id of the employee whose words stand in the box
  #drafts = new Map(); // what the others had written, by id
  #hasIdeas = recall("ideas") !== "no";

  /**
   * @param {import("/page/session.js").Session} session
   * @param {() => string|undefined} last what was written last, for the arrow up
   */
  constructor(session, last) {
    this.session = session;
    this.last = last;
    this.commands = new Commands(session.feed, this.#box, (text) => this.put(text));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#box.addEventListener("input", () => this.#fit());
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    byId("ideas").append(icon("bulb"));
    byId("ideas").addEventListener("click", () => this.#toggleIdeas());
    byId("send").prepend(icon("send"));
  }

  render() {
    this.#box.placeholder = t("message-hint");
    const { bot, me } = this.session;
    const isReady = bot !== undefined && me !== undefined;
    if (me && me.id !== this.#writer) this.#change(me.id);
    this.#box.disabled = byId("send").disabled = !isReady;
    this.#renderIdeas(isReady);
  }

  /** Put words into the box, ready to be sent or changed. */
  put(text) {
    this.#box.value = text;
    this.#fit();
    this.#box.dispatchEvent(new Event("put", { bubbles: true }));
    this.#box.focus();
    this.#box.setSelectionRange(text.length, text.length);
  }

  focus() {
    this.#box.focus();
  }

  /** Let another employee write: everybody finds their own words in the box. */
  #change(writer) {
    const former = this.#writer;
    this.#writer = writer;
    if (former === undefined) return; // what was typed while the page began is the first one's
    this.#drafts.set(former, this.#box.value);
    this.#box.value = this.#drafts.get(writer) ?? "";
    this.#trouble.textContent = "";
    this.commands.close();
    this.#fit();
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.commands.key(event)) {
      event.preventDefault();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && this.#box.value === "") {
      const last = this.last();
      if (last !== undefined) {
        event.preventDefault();
        this.put(last);
      }
    }
  }

  async #submit() {
    const text = this.#box.value;
    const writer = this.#writer;
    if (text.trim() === "" || !(await this.#say(byId("send"), text))) return;
    if (this.#drafts.get(writer) === text) this.#drafts.delete(writer);
    if (this.#writer === writer && this.#box.value === text) this.put("");
    this.commands.close();
  }

  /** Say something and tell whether it arrived; what did not stays in the box. */
  async #say(control, text) {
    if (!occupy(control)) return false;
    const { done } = await attempt(this.#trouble, "say", { user_id: this.session.me.id, text });
    release(control);
    return done;
  }

  /** Let the box grow with its text; the style sheet says how far. */
  #fit() {
    this.#box.style.blockSize = "auto";
    this.#box.style.blockSize = `${this.#box.scrollHeight + 2}px`;
  }

  #toggleIdeas() {
    this.#hasIdeas = !this.#hasIdeas;
    remember("ideas", this.#hasIdeas ? null : "no");
    this.render();
  }

  #renderIdeas(isReady) {
    byId("ideas").setAttribute("aria-expanded", String(this.#hasIdeas));
    byId("chips").hidden = !this.#hasIdeas;
    const ideas = isReady ? this.#ideas() : [];
    mirror(byId("chips"), ideas.map((text) => ({ key: text, stamp: text, build: () => this.#chip(text) })));
  }

  #chip(text) {
    const chip = el("button", { type: "button", className: "chip", textContent: text });
    chip.addEventListener("click", () => this.#say(chip, text));
    return chip;
  }

  #ideas() {
    const number = waiting(this.session);
    const accept = number === undefined ? [] : [t("suggest-accept", { number })];
    const undo = this.last() === undefined ? [] : ["suggest-undo"];
    return [...accept, ...["suggest-meetings", "suggest-dnd", ...undo, "suggest-help"].map((key) => t(key))];
  }
}

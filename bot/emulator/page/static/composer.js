/** The message box with its suggestions. */

import { waiting } from "/page/agenda.js";
import { Commands } from "/page/commands.js";
import { attribute, byId, el, mirror, write } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { recall, remember } from "/page/memory.js";
import { Outbox } from "/page/outbox.js";
import { t } from "/page/words.js";

const NOTHING = { text: "", trouble: "" };

export class Composer {
  #box = byId("say");
  #trouble = byId("say-trouble");
  #writer; // id of the employee whose words stand in the box
  #drafts = new Map(); // what the others had written and what went wrong with it, by id
  #outbox = new Outbox((...told) => this.#hear(...told));
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
    const isReady = bot !== undefined && me?.active === true;
    if (me && me.id !== this.#writer) this.#change(me.id);
    this.#box.disabled = byId("send").disabled = !isReady;
    write(byId("barred"), me && !me.active ? t("barred", { name: me.name }) : "");
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
    this.#drafts.set(former, { text: this.#box.value, trouble: this.#trouble.textContent });
    const { text, trouble } = this.#drafts.get(writer) ?? NOTHING;
    this.#box.value = text;
    write(this.#trouble, trouble);
    this.commands.close();
    this.#fit();
    this.#renderBusy();
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

  /** The box is free for the next text at once. */
  #submit() {
    const text = this.#box.value;
    if (text.trim() === "") return;
    this.#send(text);
    this.put("");
    this.commands.close();
  }

  #send(text) {
    this.#outbox.send(this.#writer, text);
    this.#renderBusy();
  }

  /** Learn what became of a text: those that did not arrive come back, in front of what was written since. */
  #hear(writer, trouble, back) {
    if (writer === this.#writer) {
      write(this.#trouble, trouble);
      this.#giveBack(back);
      this.#renderBusy();
    } else {
      const { text } = this.#drafts.get(writer) ?? NOTHING;
      this.#drafts.set(writer, { text: together(back, text), trouble });
    }
  }

  #giveBack(texts) {
    if (texts.length === 0) return;
    const since = this.#box.value.length - this.#box.selectionEnd; // the caret stays where it is
    this.#box.value = together(texts, this.#box.value);
    const caret = this.#box.value.length - since;
    this.#box.setSelectionRange(caret, caret);
    this.#fit();
  }

  #renderBusy() {
    attribute(byId("send"), "aria-busy", this.#outbox.isBusy(this.#writer) ? "true" : undefined);
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
    // A second press of an impatient hand is not meant as a second message.
    chip.addEventListener("click", () => this.#outbox.holds(this.#writer, text) || this.#send(text));
    return chip;
  }

  #ideas() {
    const number = waiting(this.session);
    const accept = number === undefined ? [] : [t("suggest-accept", { number })];
    const undo = this.last() === undefined ? [] : ["suggest-undo"];
    return [...accept, ...["suggest-meetings", "suggest-dnd", ...undo, "suggest-help"].map((key) => t(key))];
  }
}

/** Join texts by lines, each of which the bot takes as a command of its own. */
const together = (texts, draft) => [...texts, draft].filter((text) => text !== "").join("\n");

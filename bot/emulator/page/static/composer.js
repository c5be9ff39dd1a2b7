/** The message box with its suggestions. */

import { act, NotDone } from "/page/api.js";
import { Commands } from "/page/commands.js";
import { byId, el, mirror } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { recall, remember } from "/page/memory.js";
import { t } from "/page/words.js";

export class Composer {
  #box = byId("say");
  #trouble = byId("say-trouble");
  #isSending = false;
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
    session.addEventListener("choose", () => (this.#trouble.textContent = ""));
  }

  render() {
    this.#box.placeholder = t("message-hint");
    const isReady = this.session.bot !== undefined && this.session.me !== undefined;
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
    if (text.trim() === "" || !(await this.#say(text))) return;
    if (this.#box.value === text) this.put("");
    this.commands.close();
  }

  /** Say something and tell whether it arrived; what did not stays in the box. */
  async #say(text) {
    if (this.#isSending) return false;
    this.#isSending = true;
    try {
      await act("say", { user_id: this.session.me.id, text });
      this.#trouble.textContent = "";
      return true;
    } catch (error) {
      if (!(error instanceof NotDone)) throw error;
      this.#trouble.textContent = error.answered ? error.message : t("not-sent");
      return false;
    } finally {
      this.#isSending = false;
    }
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
    chip.addEventListener("click", () => this.#say(text));
    return chip;
  }

  #ideas() {
    const { me } = this.session;
    const number = waiting(this.session.feed, me.id);
    const accept = number === undefined ? [] : [t("suggest-accept", { number })];
    const undo = this.last() === undefined ? [] : ["suggest-undo"];
    return [...accept, ...["suggest-meetings", "suggest-dnd", ...undo, "suggest-help"].map((key) => t(key))];
  }
}

/** Return the number of the next invitation that waits for a person's answer, a single meeting rather than a series. */
export function waiting(feed, userId) {
  const now = new Date(feed.now() * 1000).toISOString();
  const open = feed.all("meeting").filter((meeting) => meeting.answers[userId] === "Q" && meeting.ends > now);
  open.sort((a, b) => a.series - b.series || a.all_day - b.all_day || a.starts.localeCompare(b.starts));
  return open[0]?.id;
}

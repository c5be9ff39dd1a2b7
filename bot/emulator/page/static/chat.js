/** The conversation of the chosen employee with the bot. */

import { attempt } from "/page/api.js";
import * as bbcode from "/page/bbcode.js";
import { attribute, byId, el, mirror, write } from "/page/dom.js";
import { keyboard, settle } from "/page/keyboard.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

// How far from the end, in pixels, somebody still counts as reading the newest message.
const AT_END_PX = 80;

export class Chat {
  #log = byId("log");
  #messages = byId("messages");
  #shown = ""; // of which chat, in which language
  #newest = 0;
  #isFollowing = true; // the end, as long as nobody scrolls away from it
  #top = 0; // where the log was scrolled to

  /**
   * @param {import("/page/session.js").Session} session
   * @param {import("/page/composer.js").Composer} composer takes what buttons put there, and shows what went wrong
   */
  constructor(session, composer) {
    this.session = session;
    this.composer = composer;
    byId("newest").addEventListener("click", () => this.#toEnd());
    this.#log.addEventListener("scroll", () => this.#scrolled());
    // Suggestions and a phone's keyboard take room away; who read the end goes on reading it.
    const sizes = new ResizeObserver(() => this.#isFollowing && this.#toEnd());
    for (const part of [this.#log, this.#messages]) sizes.observe(part);
  }

  render() {
    const { bot, chat, me } = this.session;
    this.#renderHead(bot, me);
    this.#renderSilence();
    const messages = chat ? this.session.feed.all("message").filter((message) => message.chat === chat.id) : [];
    const shown = `${chat?.id} ${me?.id} ${this.session.zone} ${words.language()}`;
    const isOther = shown !== this.#shown;
    if (isOther) this.#isFollowing = true;
    if (isOther) this.#hush();
    const added = mirror(this.#messages, this.#items(messages, shown));
    if (!isOther) for (const element of added) element.classList.add("arrives");
    byId("nothing").hidden = messages.length > 0 || chat === undefined;
    this.#renderWorking(chat, messages.at(-1));
    this.#follow(messages, isOther);
    this.#shown = shown;
  }

  /** Let nothing be read aloud while another conversation takes the place of this one. */
  #hush() {
    this.#log.setAttribute("aria-live", "off");
    setTimeout(() => this.#log.setAttribute("aria-live", "polite"));
  }

  /** Return what the visitor has written in this chat, oldest first. */
  written() {
    const { chat, me, feed } = this.session;
    return feed.all("message").filter((message) => message.chat === chat?.id && message.author === me?.id && !message.system);
  }

  #renderHead(bot, me) {
    const name = bot?.name ?? t("bot-name");
    write(byId("chat-title"), name);
    write(byId("chat-me"), me ? t("chat-me", { name: me.name }) : "");
    this.#log.setAttribute("aria-label", t("chat-log", { bot: name }));
  }

  /** Say why there is nobody to talk to. */
  #renderSilence() {
    const { silence } = this.session;
    byId("silence").hidden = silence === undefined;
    byId("spinner").hidden = silence !== "installing";
    write(byId("silence-words"), silence ? t(`bot-${silence}`) : "");
  }

  #items(messages, shown) {
    const { feed, zone } = this.session;
    const items = [];
    let day = "";
    for (const message of messages) {
      const date = words.dateIn(message.at, zone);
      if (date !== day) {
        const name = words.relativeDay(message.at, zone, feed.now());
        items.push({ key: date, stamp: `${name} ${shown}`, build: () => el("p", { className: "day", textContent: name }) });
      }
      day = date;
      items.push({
        key: message.id,
        stamp: shown + JSON.stringify(message),
        build: () => this.#build(message),
      });
    }
    return items;
  }

  #build(message) {
    const { me, zone } = this.session;
    const side = message.system ? "system" : message.author === me.id ? "mine" : "theirs";
    const text = el("div", { className: "bubble", dir: "auto" });
    attribute(text, "lang", words.foreign(message.text));
    const trouble = el("p", { className: "trouble", role: "alert" });
    text.append(bbcode.render(message.text, this.#deeds(message, trouble)));
    const meta = el(
      "p",
      { className: "meta" },
      el("time", { textContent: words.clock(message.at, zone), dateTime: new Date(message.at * 1000).toISOString() }),
      message.edited ? ` · ${t("edited")}` : "",
    );
    const author = this.session.name(message.author) ?? t("unknown-person", { number: message.author });
    const element = el("div", { className: `message ${side}`, data: { message: message.id } });
    if (!message.system) element.append(el("span", { className: "unseen", textContent: `${t("says", { name: author })} ` }));
    element.append(text);
    if (message.keyboard?.length) {
      element.classList.add("keyed");
      const keys = keyboard(message.keyboard, (index) => this.#press(message, index, trouble));
      attribute(keys, "lang", text.getAttribute("lang") ?? undefined);
      element.append(keys);
    }
    element.append(trouble, meta);
    return element;
  }

  #deeds(message, trouble) {
    const reader_id = this.session.me.id;
    return {
      send: (index) => attempt(trouble, "send_click", { reader_id, message_id: message.id, index }),
      put: (value) => this.composer.put(value),
      name: (id) => this.session.name(id),
    };
  }

  async #press(message, button, trouble) {
    const given = { user_id: this.session.me.id, message_id: message.id, button };
    trouble.classList.remove("told");
    const { done, result } = await attempt(trouble, "press", given);
    if (!done) return false;
    const { kind, value } = result;
    if (kind === "put") this.composer.put(value);
    if (kind === "copy") trouble.textContent = await copied(value);
    if (kind === "call") trouble.textContent = t("calls-person", { value });
    if (kind === "dialog") trouble.textContent = t("opens-dialog", { value });
    if (kind === "app") trouble.textContent = t("opens-app");
    trouble.classList.toggle("told", trouble.textContent !== "");
    return true;
  }

  /** Show that the bot is at work on the last message; when the portal no longer thinks so, that it has not answered. */
  #renderWorking(chat, last) {
    const { feed, me } = this.session;
    const isWorking = chat !== undefined && feed.get("working", chat.id) !== undefined;
    const isOwn = feed.get("portal")?.shared_clock === false;
    const isUnanswered = isOwn && !isWorking && last?.author === me?.id && last?.system === false;
    const place = byId("working");
    if (!isWorking && place.childElementCount > 0) settle(this.#log);
    const stamp = words.language();
    const items = [];
    if (isWorking) items.push({ key: "dots", stamp, build: dots });
    if (isUnanswered) items.push({ key: "unanswered", stamp, build: unanswered });
    mirror(place, items);
  }

  /** Keep the end in view for whoever was there; tell the others that there is something new. */
  #follow(messages, isOther) {
    const newest = messages.at(-1);
    const isNew = newest !== undefined && newest.id > this.#newest;
    const isMine = newest?.author === this.session.me?.id;
    this.#newest = newest?.id ?? 0;
    if (isNew && !isMine) settle(this.#log);
    if (isOther) byId("newest").hidden = true;
    if (this.#isFollowing || (isNew && isMine)) {
      this.#toEnd();
    } else if (isNew) {
      byId("newest").hidden = false;
    }
  }

  /** Only who scrolls up leaves the end: when the log shrinks, the end moves away by itself. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END_PX;
    if (isAtEnd || scrollTop < this.#top) this.#isFollowing = isAtEnd;
    this.#top = scrollTop;
    if (this.#isFollowing) byId("newest").hidden = true;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    byId("newest").hidden = true;
  }
}

function dots() {
  const moving = el("span", { className: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  return el("p", { className: "working" }, moving, el("span", { className: "unseen", textContent: t("working") }));
}

const unanswered = () => el("p", { className: "unanswered", textContent: t("unanswered") });

async function copied(value) {
  try {
    await navigator.clipboard.writeText(value);
    return t("copied");
  } catch {
    return t("not-copied");
  }
}

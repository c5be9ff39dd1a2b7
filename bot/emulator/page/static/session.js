/** Who the visitor is at the moment, and what of the portal is theirs. */

import { act } from "/page/api.js";
import { language } from "/page/words.js";

/** Fires `choose` when the visitor becomes somebody else. */
export class Session extends EventTarget {
  #chosen = Number(location.hash.slice(1)) || 0;
  #opening = "";

  /** @param {import("/page/feed.js").Feed} feed */
  constructor(feed) {
    super();
    this.feed = feed;
    addEventListener("hashchange", () => this.choose(Number(location.hash.slice(1)) || this.#chosen));
    // Two windows share the cookie that tells the portal who follows a link; the one in use counts.
    addEventListener("focus", () => this.#sign());
  }

  /** Return the chosen employee, else the first ordinary one, undefined while nobody is known. */
  get me() {
    return this.feed.get("user", this.#chosen) ?? this.people.find((user) => user.active && !user.admin && !user.extranet);
  }

  get people() {
    return this.feed.all("user");
  }

  get bot() {
    return this.feed.get("portal")?.bot ?? undefined;
  }

  /** Why nobody can be talked to: `removed`, `absent` (somebody's own bot comes later) or `installing`; undefined if one can. */
  get silence() {
    const portal = this.feed.get("portal");
    if (!portal || portal.bot) return undefined;
    if (portal.removed) return "removed";
    return portal.shared_clock ? "installing" : "absent";
  }

  get zone() {
    return this.me?.zone || "UTC";
  }

  /** The private chat of the employee with the bot. */
  get chat() {
    const { me, bot } = this;
    if (!me || !bot) return undefined;
    return this.feed.all("chat").find((chat) => chat.private && chat.members.includes(me.id) && chat.members.includes(bot.id));
  }

  /** Return a person's name, as far as the portal knows it. */
  name(id) {
    return id === this.bot?.id ? this.bot.name : this.feed.get("user", id)?.name;
  }

  choose(id) {
    if (id === this.#chosen && location.hash) return;
    this.#chosen = id;
    history.replaceState(null, "", `#${id}`);
    this.#sign();
    this.dispatchEvent(new Event("choose"));
  }

  /**
   * Open the chat of the chosen employee unless it is open, which lets the bot greet them.
   *
   * It greets in the language of the profile. A profile in the portal's own language may only have been left as it was,
   * so it takes the page's; whose profile names another language is greeted in that.
   */
  async enter() {
    const { me, bot, chat, feed } = this;
    if (!me?.active || !bot || chat || !feed.connected || this.#opening === `${me.id} ${bot.id}`) return;
    this.#opening = `${me.id} ${bot.id}`;
    const usual = feed.get("portal").language;
    if (me.language === usual && language() !== usual) await this.speak();
    await act("open_chat", { user_id: me.id });
  }

  /** Begin anew: another portal may have taken the place of the former one, which had opened the chat. */
  restart() {
    this.#opening = "";
    this.#chosen = this.me?.id ?? 0; // who was first stays it, even after leaving the company
    this.#sign();
  }

  /** Write the page's language into the employee's profile; the page speaks it even if the portal does not take it. */
  speak() {
    return act("set_language", { user_id: this.me.id, language: language() });
  }

  #sign() {
    if (this.me) document.cookie = `emulator_user=${this.me.id}; path=/; SameSite=Lax`;
  }
}

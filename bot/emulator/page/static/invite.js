/** Another invitation for the chosen employee: tomorrow, at the first free hour between morning and evening. */

import { freeTomorrow } from "/page/agenda.js";
import { attempt } from "/page/api.js";
import { byId, el, mirror, occupy, release, write } from "/page/dom.js";
import { calendars } from "/page/outside.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const HOURS = [10, 11, 12, 13, 14, 15, 16, 17];
const MINUTES = 45;
const ROOMS = 6;

export class Invite {
  #name = byId("invite-name");
  #where = byId("invite-where");
  #made = 0;
  #offered = "";

  /** @param {import("/page/session.js").Session} session */
  constructor(session) {
    this.session = session;
    byId("invite").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  render() {
    if (this.#name.value === this.#offered) this.#offer();
    this.#renderWhere();
    const { host, date, hour } = this.#plan();
    const day = words.shortDay(Date.parse(`${date}T12:00:00Z`) / 1000, "UTC");
    byId("invite").hidden = host === undefined;
    write(byId("invite-note"), t("invite-note", { host: host?.name, day, time: `${hour}:00` }));
  }

  /** Let people choose a calendar, if there is one outside that others may write to. */
  #renderWhere() {
    const account = this.session.feed.get("account", this.session.me?.id);
    const outside = calendars(account).filter(({ readonly }) => !readonly);
    const all = [{ id: "", title: t("bitrix24") }, ...outside];
    byId("invite-place").hidden = outside.length === 0;
    mirror(
      this.#where,
      all.map(({ id, title }) => ({ key: id, stamp: title, build: () => el("option", { value: id, textContent: title }) })),
    );
  }

  #offer() {
    const names = words.list("invite-names");
    this.#offered = names[this.#made % names.length] ?? "";
    this.#name.value = this.#offered;
  }

  /** Return who invites, and when in the guest's own time. */
  #plan() {
    const { me, people } = this.session;
    const others = people.filter((user) => user.id !== me?.id && user.active && !user.extranet && !user.admin);
    return { host: others[this.#made % others.length], ...freeTomorrow(this.session, HOURS, MINUTES) };
  }

  async #send() {
    if (!occupy(byId("invite-send"))) return;
    const { done } = await attempt(byId("invite-trouble"), ...this.#deed());
    release(byId("invite-send"));
    if (!done) return;
    this.#made += 1;
    this.#offer();
  }

  /** Return what makes the invitation in the chosen calendar: an action and its arguments. */
  #deed() {
    const { me, zone } = this.session;
    const { host, date, hour } = this.#plan();
    const name = this.#name.value.trim() || this.#offered;
    const when = { start: `${date}T${hour}:00:00`, tz: zone, minutes: MINUTES };
    if (this.#where.value) {
      const organizer = { email: host.email, name: host.name };
      return ["cronofy/add_event", { calendar: this.#where.value, title: name, organizer, ...when }];
    }
    const location = t("invite-room", { n: (this.#made % ROOMS) + 1 });
    return ["add_meeting", { name, host: host.id, guests: [me.id], location, ...when }];
  }
}

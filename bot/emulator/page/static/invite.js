/** Another invitation for the chosen employee: tomorrow, at the first free hour between morning and evening. */

import { freeTomorrow } from "/page/agenda.js";
import { attempt } from "/page/api.js";
import { byId, occupy, release, write } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const HOURS = [10, 11, 12, 13, 14, 15, 16, 17];
const MINUTES = 45;
const ROOMS = 6;

export class Invite {
  #name = byId("invite-name");
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
    const { host, date, hour } = this.#plan();
    const day = words.shortDay(Date.parse(`${date}T12:00:00Z`) / 1000, "UTC");
    byId("invite").hidden = host === undefined;
    write(byId("invite-note"), t("invite-note", { host: host?.name, day, time: `${hour}:00` }));
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
    const { me, zone } = this.session;
    const { host, date, hour } = this.#plan();
    const given = {
      name: this.#name.value.trim() || this.#offered,
      host: host.id,
      guests: [me.id],
      start: `${date}T${hour}:00:00`,
      tz: zone,
      minutes: MINUTES,
      location: t("invite-place", { n: (this.#made % ROOMS) + 1 }),
    };
    if (!occupy(byId("invite-send"))) return;
    const { done } = await attempt(byId("invite-trouble"), "add_meeting", given);
    release(byId("invite-send"));
    if (!done) return;
    this.#made += 1;
    this.#offer();
  }
}

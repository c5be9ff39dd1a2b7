/** Another invitation for the chosen employee: tomorrow, at the first free hour of a working day. */

import { attempt } from "/page/api.js";
import { byId } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const DAY_S = 86_400;
const FIRST_HOUR = 10;
const LAST_HOUR = 17;
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
    byId("invite-note").textContent = t("invite-note", { host: host?.name, day, time: `${hour}:00` });
  }

  #offer() {
    const names = words.list("invite-names");
    this.#offered = names[this.#made % names.length] ?? "";
    this.#name.value = this.#offered;
  }

  /** Return who invites, and when in the guest's own time. */
  #plan() {
    const { feed, me, people, zone } = this.session;
    const others = people.filter((user) => user.id !== me?.id && user.active && !user.extranet && !user.admin);
    const date = words.dateIn(feed.now() + DAY_S, zone);
    return { host: others[this.#made % others.length], date, hour: this.#freeHour(date) };
  }

  #freeHour(date) {
    const { feed, me, zone } = this.session;
    const taken = feed
      .all("meeting")
      .filter((meeting) => !meeting.all_day && me && me.id in meeting.answers)
      .map((meeting) => Date.parse(meeting.starts) / 1000)
      .filter((start) => words.dateIn(start, zone) === date)
      .map((start) => Number(words.clock(start, zone).slice(0, 2)));
    const hours = Array.from({ length: LAST_HOUR - FIRST_HOUR + 1 }, (_, index) => FIRST_HOUR + index);
    return hours.find((hour) => !taken.includes(hour)) ?? FIRST_HOUR;
  }

  async #send() {
    const { feed, me, zone } = this.session;
    const { host, date, hour } = this.#plan();
    const given = {
      meeting_id: Math.max(0, ...feed.all("meeting").map((meeting) => meeting.id)) + 10,
      name: this.#name.value.trim() || this.#offered,
      host: host.id,
      guests: [me.id],
      start: `${date}T${hour}:00:00`,
      tz: zone,
      minutes: MINUTES,
      location: t("invite-place", { n: (this.#made % ROOMS) + 1 }),
    };
    if (!(await attempt(byId("invite-trouble"), "add_meeting", given))) return;
    this.#made += 1;
    this.#offer();
  }
}

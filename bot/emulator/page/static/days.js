/** What a calendar shows of any kind: entries under their days, their times, and which of them have changed. */

import { dayOf } from "/page/agenda.js";
import { attribute, el, grouped, mirror } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const known = new Map(); // what was last shown, by person and entry: what differs is highlighted

/**
 * Show entries by days, or that there are none.
 *
 * @param {HTMLElement} place
 * @param {object[]} things in order, each with `starts` and `all_day`
 * @param {import("/page/session.js").Session} session
 * @param {(thing: object) => HTMLElement} entry
 * @param {(things: object[]) => string} [more] tells versions apart by what the things themselves do not say
 */
export function renderDays(place, things, session, entry, more = () => "") {
  const { me, zone, feed } = session;
  const scope = `${me?.id} ${zone} ${words.language()}`;
  const today = words.dateIn(feed.now(), zone);
  const items = [...grouped(things, (thing) => dayOf(thing, session))].map(([date, group]) => ({
    key: date,
    stamp: [scope, today, JSON.stringify(group), more(group)].join(" "),
    build: () => day(date, date === today, group.map(entry)),
  }));
  if (items.length === 0) items.push({ key: "none", stamp: scope, build: nothing });
  mirror(place, items);
}

const nothing = () => el("p", { className: "empty", textContent: t("calendar-empty") });

function day(date, isToday, entries) {
  const name = words.dayName(Date.parse(`${date}T12:00:00Z`) / 1000, "UTC");
  return el(
    "section",
    { className: "day-group", role: "presentation" },
    el("h3", { textContent: isToday ? `${t("today")}, ${name}` : name }),
    el("ul", {}, ...entries),
  );
}

/** Return the title of an entry, whose words are others'. */
export function title(text) {
  const shown = el("span", { className: "entry-title", textContent: text, dir: "auto" });
  attribute(shown, "lang", words.foreign(text));
  return shown;
}

/** Return when an entry begins and ends. */
export function times({ all_day, starts, ends }, { zone }) {
  if (!all_day) {
    return [
      el("time", { textContent: words.clock(Date.parse(starts) / 1000, zone), dateTime: starts }),
      el("span", { className: "entry-end", textContent: `–${words.clock(Date.parse(ends) / 1000, zone)}` }),
    ];
  }
  const last = words.shortDay(Date.parse(`${ends}T12:00:00Z`) / 1000, "UTC");
  const until = starts === ends ? [] : [el("span", { className: "entry-end", textContent: t("until-day", { day: last }) })];
  return [el("span", { textContent: t("all-day") }), ...until];
}

/** Tell whether what is to be shown differs from what was shown under this key before, and remember it. */
export function hasChanged(key, shown) {
  const now = JSON.stringify(shown);
  const isOther = known.has(key) && known.get(key) !== now;
  known.set(key, now);
  return isOther;
}

/** Forget what was shown: another portal is not a change. */
export function forgetDays() {
  known.clear();
}

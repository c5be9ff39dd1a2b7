/** The calendar of the chosen employee. */

import { ahead, dayOf } from "/page/agenda.js";
import { attribute, byId, el, grouped, mirror, write } from "/page/dom.js";
import { icon } from "/page/icons.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const ICONS = { H: "star", Y: "check", N: "cross", Q: "question" };
const answers = new Map(); // last shown, by meeting and person: what differs is highlighted

/** @param {import("/page/session.js").Session} session */
export function renderCalendar(session) {
  const { me, zone } = session;
  write(byId("calendar-zone"), me ? t("calendar-zone", { name: me.name, zone }) : "");
  const days = grouped(ahead(session), (meeting) => dayOf(meeting, session));
  const scope = `${me?.id} ${zone} ${words.language()}`;
  const items = [...days].map(([date, meetings]) => ({
    key: date,
    stamp: [scope, words.dateIn(session.feed.now(), zone), JSON.stringify(meetings), hosts(meetings, session)].join(" "),
    build: () => day(date, meetings, session),
  }));
  if (items.length === 0) items.push({ key: "none", stamp: scope, build: nothing });
  mirror(byId("calendar"), items);
}

const nothing = () => el("p", { className: "empty", textContent: t("calendar-empty") });

const hosts = (meetings, session) => meetings.map(({ host }) => session.name(host)).join();

function day(date, meetings, session) {
  const noon = Date.parse(`${date}T12:00:00Z`) / 1000;
  const isToday = date === words.dateIn(session.feed.now(), session.zone);
  const name = words.dayName(noon, "UTC");
  return el(
    "section",
    { className: "day-group", role: "presentation" },
    el("h3", { textContent: isToday ? `${t("today")}, ${name}` : name }),
    el("ul", {}, ...meetings.map((meeting) => entry(meeting, session))),
  );
}

function entry(meeting, session) {
  const { me } = session;
  const answer = meeting.answers[me.id];
  const title = el("span", { className: "entry-title", textContent: meeting.name, dir: "auto" });
  attribute(title, "lang", words.foreign(meeting.name));
  const item = el(
    "li",
    { className: "entry", data: { meeting: meeting.id, answer } },
    el("div", { className: "entry-time" }, ...times(meeting, session)),
    el("div", { className: "entry-words" }, title, details(meeting, session), ...guests(meeting, session)),
    el("span", { className: "answer" }, icon(ICONS[answer]), el("span", { textContent: t(`answer-${answer}`) })),
  );
  if (hasChanged(meeting, session)) item.classList.add("changed");
  return item;
}

function times({ all_day, starts, ends }, { zone }) {
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

function details(meeting, session) {
  const facts = el("span", { className: "entry-facts" });
  facts.append(el("span", { className: "unseen", textContent: `${t("number")} ` }), el("b", { textContent: meeting.id }));
  if (meeting.series) facts.append(el("span", { className: "repeats" }, icon("repeat"), t("repeats")));
  const host = session.name(meeting.host) ?? t("unknown-person", { number: meeting.host });
  if (meeting.host !== session.me.id) facts.append(el("span", { textContent: t("by", { name: host }) }));
  if (meeting.location) facts.append(el("span", { textContent: meeting.location, dir: "auto" }));
  return facts;
}

/** An organiser sees who comes. */
function guests(meeting, session) {
  if (meeting.host !== session.me.id) return [];
  const others = Object.entries(meeting.answers).filter(([id]) => Number(id) !== meeting.host);
  return others.map(([id, answer]) => {
    const name = session.name(id) ?? t("unknown-person", { number: id });
    return el(
      "span",
      { className: "guest", data: { answer } },
      icon(ICONS[answer]),
      el("span", { textContent: t(`guest-${answer}`, { name }) }),
    );
  });
}

/** Tell whether somebody's answer differs from what was shown of this meeting before. */
function hasChanged(meeting, { me }) {
  const key = `${me.id} ${meeting.id}`;
  const now = JSON.stringify(meeting.answers);
  const isOther = answers.has(key) ? answers.get(key) !== now : false;
  answers.set(key, now);
  return isOther;
}

/** Forget what was shown: another portal is not a change. */
export function forgetCalendar() {
  answers.clear();
}

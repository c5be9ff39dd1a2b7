/** The calendar of the chosen employee. */

import { ahead } from "/page/agenda.js";
import { hasChanged, renderDays, times, title } from "/page/days.js";
import { byId, el, write } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { t } from "/page/words.js";

const ICONS = { H: "star", Y: "check", N: "cross", Q: "question" };

/** @param {import("/page/session.js").Session} session */
export function renderCalendar(session) {
  const { me, zone } = session;
  write(byId("calendar-zone"), me ? t("calendar-zone", { name: me.name, zone }) : "");
  const hosts = (meetings) => meetings.map(({ host }) => session.name(host)).join();
  renderDays(byId("calendar"), ahead(session), session, (meeting) => entry(meeting, session), hosts);
}

function entry(meeting, session) {
  const { me } = session;
  const answer = meeting.answers[me.id];
  const item = el(
    "li",
    { className: "entry", data: { meeting: meeting.id, answer } },
    el("div", { className: "entry-time" }, ...times(meeting, session)),
    el("div", { className: "entry-words" }, title(meeting.name), details(meeting, session), ...guests(meeting, session)),
    el("span", { className: "answer" }, icon(ICONS[answer]), el("span", { textContent: t(`answer-${answer}`) })),
  );
  if (hasChanged(`${me.id} ${meeting.id}`, meeting.answers)) item.classList.add("changed");
  return item;
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

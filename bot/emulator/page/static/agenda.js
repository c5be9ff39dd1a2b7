/** What lies ahead of the chosen employee, by days of their own time zone. */

import { dateAfter, dateIn, wallClock } from "/page/words.js";

/**
 * Return the employee's meetings that are not over as the calendar lists them: by day, those of all day first.
 *
 * @param {import("/page/session.js").Session} session
 */
export function ahead(session) {
  const { feed, me } = session;
  return me ? inOrder(feed.all("meeting").filter(({ answers }) => me.id in answers), session) : [];
}

/** Return the events of the employee's calendars outside Bitrix24 in the same way. */
export function aheadOutside(session) {
  const { feed, me } = session;
  return me ? inOrder(feed.all("external").filter(({ user }) => user === me.id), session) : [];
}

function inOrder(things, session) {
  const now = session.feed.now();
  const today = dateIn(now, session.zone);
  const isAhead = ({ all_day, ends }) => (all_day ? ends >= today : Date.parse(ends) / 1000 > now);
  // Dates and moments are written so that they sort as text; each is compared with its like.
  const place = (thing) => `${dayOf(thing, session)} ${thing.all_day ? 0 : 1} ${thing.starts}`;
  return things.filter(isAhead).sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}

/** Return the date on which a meeting or event stands: of its start, or today for what has begun before. */
export function dayOf({ all_day, starts }, { feed, zone }) {
  const start = all_day ? starts : dateIn(Date.parse(starts) / 1000, zone);
  const today = dateIn(feed.now(), zone);
  return start < today ? today : start;
}

/** Return the number of the next invitation that waits for an answer, a single meeting with hours rather than others. */
export function waiting(session) {
  const open = ahead(session).filter((meeting) => meeting.answers[session.me.id] === "Q");
  open.sort((a, b) => a.series - b.series || a.all_day - b.all_day);
  return open[0]?.id;
}

/**
 * Return tomorrow's date, and the first of some hours at which nothing lies then; the first of all if none is free.
 *
 * @param {number[]} hours full hours of the day
 * @param {number} minutes how long it takes, less than an hour
 */
export function freeTomorrow(session, hours, minutes) {
  const { feed, zone } = session;
  const date = dateAfter(dateIn(feed.now(), zone), 1);
  const taken = [...ahead(session), ...aheadOutside(session)]
    .filter(({ all_day, removed }) => !all_day && !removed)
    .map(({ starts, ends }) => [starts, ends].map((at) => wallClock(Date.parse(at) / 1000, zone)));
  const isFree = (hour) => {
    const [start, end] = [`${date}T${two(hour)}:00`, `${date}T${two(hour)}:${two(minutes)}`];
    return taken.every(([from, until]) => until <= start || from >= end);
  };
  return { date, hour: hours.find(isFree) ?? hours[0] };
}

const two = (number) => String(number).padStart(2, "0");

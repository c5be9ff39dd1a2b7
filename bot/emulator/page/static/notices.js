/** What organisers were told, as sentences, newest first. */

import { byId, el, mirror } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const MOST = 30;

/** @param {import("/page/session.js").Session} session */
export function renderNotices(session) {
  const notices = session.feed.all("notice").slice(-MOST).reverse();
  byId("notices-empty").hidden = notices.length > 0;
  byId("notices").hidden = notices.length === 0;
  const items = notices.map((notice) => {
    const text = sentence(notice, session);
    const time = words.clock(notice.at, session.zone);
    return { key: notice.no, stamp: `${time} ${text}`, build: () => row(notice, text, time) };
  });
  for (const element of mirror(byId("notices"), items)) element.classList.add("arrives");
}

function sentence({ kind, host, user, meeting }, session) {
  return t(`notice-${kind}`, {
    host: session.name(host) ?? t("unknown-person", { number: host }),
    guest: session.name(user) ?? t("unknown-person", { number: user }),
    meeting: session.feed.get("meeting", meeting)?.name ?? t("a-meeting", { number: meeting }),
  });
}

function row(notice, text, time) {
  return el(
    "li",
    { className: "notice", data: { notice: notice.no, kind: notice.kind } },
    el("span", { textContent: text }),
    el("time", { textContent: time, dateTime: new Date(notice.at * 1000).toISOString() }),
  );
}

/** The chosen employee's calendars outside Bitrix24, as Cronofy shows them to whoever may see them. */

import { aheadOutside } from "/page/agenda.js";
import { hasChanged, renderDays, times, title } from "/page/days.js";
import { byId, el, mirror } from "/page/dom.js";
import { icon } from "/page/icons.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const ICONS = { accepted: "check", declined: "cross", tentative: "wave", needs_action: "question", unknown: "question" };
// Names of providers, which no language translates; any other one is shown as Cronofy calls it.
const PROVIDERS = {
  exchange: "Exchange",
  google: "Google",
  gsuite: "Google",
  icloud: "iCloud",
  office365: "Office 365",
  outlook_com: "Outlook.com",
};

/**
 * @param {import("/page/session.js").Session} session
 * @param {(text: string) => void} put puts words into the message box
 */
export function renderOutside(session, put) {
  const cronofy = session.feed.get("cronofy");
  byId("outside").hidden = cronofy === undefined;
  if (!cronofy) return;
  const account = session.feed.get("account", session.me?.id);
  renderConnection(account, put);
  renderSources(account, cronofy.origin);
  const places = new Map(calendars(account).map((calendar) => [calendar.id, calendar.title]));
  renderDays(byId("externals"), aheadOutside(session), session, (event) => entry(event, session, places), () => [...places].join());
}

/** Return the calendars of an account, each with a title that tells its provider. */
export function calendars(account) {
  return (account?.logins ?? []).flatMap(({ service, calendars: all }) =>
    all.map((calendar) => ({ ...calendar, title: `${calendar.name} (${provider(service)})` })),
  );
}

const provider = (service) => PROVIDERS[service] ?? service;

/** Say whether the bot sees these calendars, and what to write to it if it does not. */
function renderConnection(account, put) {
  const state = account === undefined ? "outside-none" : account.connected ? "outside-connected" : "outside-apart";
  const stamp = `${state} ${words.language()}`;
  mirror(byId("outside-connection"), [{ key: "connection", stamp, build: () => connection(state, put) }]);
}

function connection(state, put) {
  const line = el("p", { className: "note", data: { connection: state } }, t(state));
  if (state !== "outside-apart") return line;
  const text = t("suggest-connect");
  const button = el("button", { type: "button", className: "text", textContent: t("write-this", { text }), data: { focus: "connect" } });
  button.addEventListener("click", () => put(text));
  line.append(" ", button);
  return line;
}

function renderSources(account, origin) {
  const items = (account?.logins ?? []).map((login) => ({
    key: login.id,
    stamp: words.language() + JSON.stringify(login),
    build: () => source(login, origin),
  }));
  mirror(byId("sources"), items);
  byId("sources").hidden = items.length === 0;
}

function source({ id, name, service, connected, syncing, calendars: all }, origin) {
  const names = all.map((calendar) => (calendar.readonly ? t("readonly", { name: calendar.name }) : calendar.name));
  const item = el(
    "li",
    { className: "source", data: { source: id } },
    el("b", { textContent: provider(service) }),
    el("span", { textContent: name }),
    el("span", { textContent: names.join(", "), dir: "auto" }),
  );
  if (syncing) item.append(el("span", { className: "source-trouble", textContent: t("syncing") }));
  if (!connected) item.append(el("span", { className: "source-trouble" }, `${t("locked-out")} `, relink(`${origin}/relink/${id}`)));
  return item;
}

function relink(href) {
  const told = el("span", { className: "unseen", textContent: ` (${t("opens-tab")})` });
  return el("a", { href, target: "_blank", rel: "noopener noreferrer", data: { focus: "relink" } }, t("relink"), told);
}

function entry(event, session, places) {
  const { uid, answer, sent, removed } = event;
  const item = el(
    "li",
    { className: "entry", data: { external: uid, answer, sent: sent ?? undefined, removed: removed ? "yes" : "no" } },
    el("div", { className: "entry-time" }, ...times(event, session)),
    el("div", { className: "entry-words" }, title(event.name || t("untitled")), facts(event, places.get(event.calendar))),
    el("div", { className: "answers" }, ...states(event).map(([kind, text]) => badge(kind, text))),
  );
  if (hasChanged(`${session.me.id} ${uid}`, [answer, sent, removed])) item.classList.add("changed");
  return item;
}

function facts({ series, organizer, location, changeable }, place) {
  const shown = el("span", { className: "entry-facts" }, el("span", { textContent: place, dir: "auto" }));
  if (series) shown.append(el("span", { className: "repeats" }, icon("repeat"), t("repeats")));
  if (organizer) shown.append(el("span", { textContent: t("by", { name: organizer }) }));
  if (location) shown.append(el("span", { textContent: location, dir: "auto" }));
  if (organizer && !changeable) shown.append(el("span", { textContent: t("unchangeable") }));
  return shown;
}

/** Return what there is to say of an event, each with the kind that gives it a colour. */
function states({ answer, sent, removed, cancelled }) {
  const shown = [[answer, t(`outside-${answer}`)]];
  if (sent) shown.push(["sent", t("on-its-way", { answer: t(`outside-${sent}`) })]);
  if (cancelled) shown.push(["removed", t("cancelled")]);
  if (removed) shown.push(["removed", t("removed")]);
  return shown;
}

const badge = (kind, text) =>
  el("span", { className: "answer", data: { kind } }, icon(ICONS[kind] ?? kind), el("span", { textContent: text }));

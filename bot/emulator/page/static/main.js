/** Puts the page together: the live state goes in, every part shows its share of it. */

import { renderCalendar } from "/page/calendar.js";
import { Chat } from "/page/chat.js";
import { Composer } from "/page/composer.js";
import { forgetTrouble, renderClock, renderControls } from "/page/controls.js";
import { forgetDays } from "/page/days.js";
import { byId, el, mirror, write } from "/page/dom.js";
import { Feed, LASTING } from "/page/feed.js";
import { Invite } from "/page/invite.js";
import { Layout } from "/page/layout.js";
import { recall, remember } from "/page/memory.js";
import { renderNotices } from "/page/notices.js";
import { renderOutside } from "/page/outside.js";
import { renderPeople } from "/page/people.js";
import { renderQuota, renderRequests } from "/page/requests.js";
import { Session } from "/page/session.js";
import { mountTheme } from "/page/theme.js";
import { mountWelcome, renderWelcome } from "/page/welcome.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const TICK_MS = 500;

const feed = new Feed("/emulator/live");
const session = new Session(feed);
const layout = new Layout();
const composer = new Composer(session, () => chat.written().at(-1)?.text);
const chat = new Chat(session, composer);
const invite = new Invite(session);
let focused;

function render() {
  renderTop();
  renderBanner();
  renderLive();
  renderPeople(session);
  renderWelcome(session);
  renderControls(session);
  invite.render();
  chat.render();
  composer.render();
  renderCalendar(session);
  renderOutside(session, (text) => composer.put(text));
  renderNotices(session);
  renderRequests(session);
  tick();
}

function renderTop() {
  const { me } = session;
  write(byId("tagline"), me ? t("tagline", { name: me.name }) : t("tagline-nobody"));
  renderWindows(feed.get("portal")?.windows ?? 1);
}

/** Pages beyond those that keep a stream come and go, so they are not counted. */
function renderWindows(n) {
  byId("windows").hidden = n < 2;
  write(byId("windows"), n < LASTING ? t("windows", { n }) : t("windows-many", { n: LASTING }));
}

/** Say at once that the portal is away. */
function renderBanner() {
  const text = t("lost", { command: "\n" });
  mirror(byId("banner-place"), feed.connected === false ? [{ key: "lost", stamp: text, build: () => banner(text) }] : []);
}

function banner(text) {
  const [before, after] = text.split("\n");
  return el("p", { className: "banner" }, before, el("code", { textContent: "make demo" }), after);
}

/** While the portal is away everything stays readable, but nothing can be pressed; nor by who has left the company. */
function renderLive() {
  const isLive = feed.connected !== false;
  const mayAct = isLive && session.me?.active !== false;
  for (const part of document.querySelectorAll("[data-live]")) part.disabled = !(part.dataset.live === "me" ? mayAct : isLive);
}

/** Show what changes with time alone. */
function tick() {
  renderClock(session);
  renderQuota(session);
}

function follow({ detail: kinds }) {
  if (!kinds) session.restart();
  render();
  session.enter();
  if (kinds) markNews(kinds);
}

function markNews(kinds) {
  if (kinds.has("meeting") || kinds.has("external")) layout.mark("calendar");
  if (kinds.has("message")) layout.mark("chat");
  if (kinds.has("call") || kinds.has("cronofy-call")) layout.mark("requests");
}

function connection() {
  if (!feed.connected) {
    focused = document.activeElement;
    forgetDays();
  }
  renderBanner();
  renderLive();
  if (feed.connected && document.activeElement === document.body) focused?.focus({ preventScroll: true });
}

function speak(language) {
  words.speak(language);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === words.language()));
  }
  render();
}

function mountLanguages() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      remember("language", button.dataset.language);
      speak(button.dataset.language);
      if (session.me && feed.connected) session.speak();
    });
  }
}

function mountShortcuts() {
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the employee
    layout.show("chat");
    composer.focus();
  });
  byId("say").addEventListener("put", () => layout.show("chat"));
  // Who chooses with the arrow keys stays in the list; a click without a pointer has no count.
  byId("people").addEventListener("click", (event) => event.detail > 0 && layout.show("chat"));
}

function begin() {
  mountTheme();
  mountLanguages();
  mountWelcome(() => composer.focus());
  mountShortcuts();
  session.addEventListener("choose", () => {
    forgetTrouble();
    render();
    session.enter();
  });
  speak(recall("language") ?? words.preferred());
  feed.addEventListener("change", follow);
  feed.addEventListener("connection", connection);
  feed.follow();
  setInterval(tick, TICK_MS);
}

begin();

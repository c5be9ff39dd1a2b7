/** Puts the page together: the live state goes in, every part shows its share of it. */

import { NotDone } from "/page/api.js";
import { forgetCalendar, renderCalendar } from "/page/calendar.js";
import { Chat } from "/page/chat.js";
import { Composer, waiting } from "/page/composer.js";
import { renderClock, renderControls } from "/page/controls.js";
import { byId, el } from "/page/dom.js";
import { Feed } from "/page/feed.js";
import { icon } from "/page/icons.js";
import { Invite } from "/page/invite.js";
import { Layout } from "/page/layout.js";
import { recall, remember } from "/page/memory.js";
import { renderNotices } from "/page/notices.js";
import { renderPeople } from "/page/people.js";
import { renderQuota, renderRequests } from "/page/requests.js";
import { Session } from "/page/session.js";
import { mountTheme } from "/page/theme.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const TICK_MS = 500;

const feed = new Feed("/emulator/live");
const session = new Session(feed);
const layout = new Layout();
const composer = new Composer(session, () => chat.written().at(-1)?.text);
const chat = new Chat(session, composer);
const invite = new Invite(session);
let minute = 0;
let isFresh = true; // the next message of the stream brings everything
let focused;

function render() {
  renderTop();
  renderPeople(session);
  renderControls(session);
  invite.render();
  chat.render();
  composer.render();
  renderCalendar(session);
  renderNotices(session);
  renderRequests(session);
  tick();
}

function renderTop() {
  const { me } = session;
  byId("tagline").textContent = me ? t("tagline", { name: me.name }) : t("tagline-nobody");
  const windows = feed.get("portal")?.windows ?? 1;
  byId("windows").hidden = windows < 2;
  byId("windows").textContent = windows < 2 ? "" : t("windows", { n: windows });
  const number = me ? (waiting(feed, me.id) ?? "651") : "651";
  byId("welcome-write").textContent = t("welcome-write", { example: t("suggest-accept", { number }) });
}

/** Show what changes with time alone. */
function tick() {
  renderClock(session);
  renderQuota(session);
  const now = Math.floor(feed.now() / 60);
  if (now === minute) return;
  minute = now;
  renderCalendar(session);
  invite.render();
}

function follow({ detail: kinds }) {
  if (isFresh) {
    session.restart();
    forgetCalendar();
  }
  render();
  session.enter();
  if (!isFresh) markNews(kinds);
  isFresh = false;
}

function markNews(kinds) {
  if (kinds.has("meeting")) layout.mark("calendar");
  if (kinds.has("message")) layout.mark("chat");
  if (kinds.has("call")) layout.mark("requests");
}

/** Say at once that the portal is away; everything stays readable, nothing can be pressed. */
function connection() {
  if (!feed.connected) {
    isFresh = true;
    focused = document.activeElement;
    const [before, after] = t("lost", { command: "\n" }).split("\n");
    const command = el("code", { textContent: "make demo" });
    byId("banner-place").replaceChildren(el("p", { className: "banner" }, before, command, after));
  } else {
    byId("banner-place").replaceChildren();
  }
  for (const part of document.querySelectorAll("[data-live]")) part.disabled = !feed.connected;
  if (feed.connected && document.activeElement === document.body) focused?.focus({ preventScroll: true });
}

async function speak(language) {
  await words.speak(language);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === words.language()));
  }
  render();
}

function mountLanguages() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", async () => {
      remember("language", button.dataset.language);
      await speak(button.dataset.language);
      if (session.me && feed.connected) await session.speak().catch(ignoreRefusal);
    });
  }
}

/** The page speaks the language even if the portal does not take it. */
function ignoreRefusal(error) {
  if (!(error instanceof NotDone)) throw error;
}

function mountWelcome() {
  byId("welcome").hidden = recall("welcomed") !== null;
  byId("welcome-close").append(icon("cross"));
  byId("welcome-close").addEventListener("click", () => {
    remember("welcomed", "yes");
    byId("welcome").hidden = true;
    composer.focus();
  });
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

async function begin() {
  mountTheme();
  mountLanguages();
  mountWelcome();
  mountShortcuts();
  session.addEventListener("choose", () => {
    render();
    session.enter();
  });
  await speak(recall("language") ?? words.preferred());
  feed.addEventListener("change", follow);
  feed.addEventListener("connection", connection);
  feed.open();
  setInterval(tick, TICK_MS);
}

begin();

/** The first minute: what to try, for whoever is here for the first time; it fits the chosen employee. */

import { waiting } from "/page/agenda.js";
import { byId, write } from "/page/dom.js";
import { icon } from "/page/icons.js";
import { recall, remember } from "/page/memory.js";
import { t } from "/page/words.js";

/** @param {() => void} next where the visitor goes on after closing it */
export function mountWelcome(next) {
  show(recall("welcomed") === null);
  byId("welcome-close").append(icon("cross"));
  byId("welcome-close").addEventListener("click", () => {
    remember("welcomed", "yes");
    show(false);
    next();
  });
}

/** Where there is little room, the page's sentence goes with the first steps. */
function show(isNew) {
  byId("welcome").hidden = !isNew;
  document.body.classList.toggle("welcomed", !isNew);
}

/** @param {import("/page/session.js").Session} session */
export function renderWelcome(session) {
  const number = waiting(session);
  const kind = session.me?.extranet ? "guest" : number === undefined ? "free" : "invited";
  write(byId("welcome-write"), t(`welcome-write-${kind}`, { example: t("suggest-accept", { number }) }));
  write(byId("welcome-watch"), t(`welcome-watch-${kind}`));
}

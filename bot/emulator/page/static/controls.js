/** "What if…": trouble for the next request, the clock, an invitation, and the presence set by hand. */

import { attempt } from "/page/api.js";
import { byId, el, mirror, write } from "/page/dom.js";
import { renderFaults } from "/page/faults.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const STEPS_S = [300, 3600, 86_400];
const PRESENCES = ["online", "dnd", "away", "break"];

/** @param {import("/page/session.js").Session} session */
export function renderControls(session) {
  renderFaults(session);
  renderSteps();
  renderByHand(session);
  const portal = session.feed.get("portal");
  byId("own-clock").hidden = portal?.shared_clock !== false;
}

/** Show what time it is at the portal, for the chosen employee. */
export function renderClock({ feed, zone }) {
  const now = feed.now();
  write(byId("clock"), `${words.shortDay(now, zone)}, ${words.clockWithSeconds(now, zone)}`);
  write(byId("clock-zone"), zone);
}

/** Forget what went wrong for the former employee. */
export function forgetTrouble() {
  for (const place of document.querySelectorAll("#panel-people .trouble")) write(place, "");
}

function renderSteps() {
  const items = STEPS_S.map((seconds) => {
    const label = t(`clock-${seconds}`);
    return { key: seconds, stamp: label, build: () => step(seconds, label) };
  });
  mirror(byId("steps"), items);
}

function step(seconds, label) {
  const button = el("button", { type: "button", className: "plain", textContent: label, data: { focus: "step" } });
  button.addEventListener("click", () => attempt(byId("clock-trouble"), "advance", { seconds }));
  return button;
}

function renderByHand(session) {
  const { me } = session;
  const items = PRESENCES.map((status) => {
    const isSet = me?.presence === status;
    const stamp = `${me?.id} ${isSet} ${words.language()}`;
    return { key: status, stamp, build: () => presenceButton(status, isSet, me?.id) };
  });
  mirror(byId("by-hand"), items);
}

function presenceButton(status, isSet, user_id) {
  const button = el("button", {
    type: "button",
    className: "plain",
    textContent: t(`presence-${status}`),
    "aria-pressed": String(isSet),
    data: { focus: status },
  });
  button.addEventListener("click", () => attempt(byId("by-hand-trouble"), "set_presence", { user_id, status }));
  return button;
}

/** "What if…": trouble for the next request, the clock, an invitation, and the presence set by hand. */

import { attempt } from "/page/api.js";
import { byId, el, mirror, write } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const SLOW_S = 6;
const FAULTS = {
  slow: { kind: "slow", pattern: "*", delay_s: SLOW_S },
  expired_token: { kind: "error", pattern: "*", code: "expired_token" },
  QUERY_LIMIT_EXCEEDED: { kind: "error", pattern: "*", code: "QUERY_LIMIT_EXCEEDED" },
};
const STEPS_S = [300, 3600, 86_400];
const PRESENCES = ["online", "dnd", "away", "break"];

const nameOf = ({ kind, code }) => (kind === "error" ? code : kind);

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

function renderFaults({ feed }) {
  const pressed = byId("faults").querySelector('[aria-pressed="true"]')?.dataset.fault;
  const hadFocus = byId("armed").contains(document.activeElement);
  const waiting = feed.all("fault");
  const names = new Set(waiting.map(nameOf));
  const items = Object.entries(FAULTS).map(([name, fault]) => {
    const isArmed = names.has(name);
    return { key: name, stamp: `${isArmed} ${words.language()}`, build: () => faultButton(name, fault, isArmed) };
  });
  mirror(byId("faults"), items);
  const text = t("armed", { names: waiting.map((fault) => faultTitle(nameOf(fault))).join(", ") });
  mirror(byId("armed"), waiting.length > 0 ? [{ key: "armed", stamp: text, build: () => armed(text) }] : []);
  // Who called a fault off, or saw it happen just then, stays near it.
  if (hadFocus && waiting.length === 0) faultOf(pressed ?? "slow").focus({ preventScroll: true });
}

const faultOf = (name) => byId("faults").querySelector(`[data-fault="${name}"]`);

function faultTitle(name) {
  const key = `fault-${name.toLowerCase()}`;
  return words.has(key) ? t(key) : t("fault-other", { kind: name });
}

function faultButton(name, fault, isArmed) {
  const button = el("button", {
    type: "button",
    className: "plain",
    textContent: faultTitle(name),
    "aria-pressed": String(isArmed),
    data: { focus: "fault", fault: name },
  });
  button.addEventListener("click", () => attempt(byId("fault-trouble"), isArmed ? "calm" : "fault", isArmed ? {} : fault));
  return button;
}

function armed(text) {
  const calm = el("button", { type: "button", className: "text", textContent: t("calm") });
  calm.addEventListener("click", () => attempt(byId("fault-trouble"), "calm"));
  return el("p", {}, text, " ", calm);
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

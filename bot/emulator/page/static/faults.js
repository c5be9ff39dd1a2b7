/** Trouble for the next request, to the portal or to Cronofy: buttons that arm it and call it off. */

import { attempt } from "/page/api.js";
import { byId, el, mirror } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

const SLOW_S = 6;
const SLOW = { kind: "slow", pattern: "*", delay_s: SLOW_S };
/**
 * Whose trouble: as which `kind` it is told, at which `path` it is made, by which words `named`; its elements begin with `id`.
 *
 * @typedef {{kind: string, path: string, id: string, sentence: string, choices: Record<string, object>, nameOf: (fault: object) => string}} Origin
 */

/** @type {Origin} */
const PORTAL = {
  kind: "fault",
  path: "",
  id: "fault",
  sentence: "armed",
  choices: {
    slow: SLOW,
    expired_token: { kind: "error", pattern: "*", code: "expired_token" },
    QUERY_LIMIT_EXCEEDED: { kind: "error", pattern: "*", code: "QUERY_LIMIT_EXCEEDED" },
  },
  nameOf: ({ kind, code }) => (kind === "error" ? code : kind),
};
/** @type {Origin} */
const CRONOFY = {
  kind: "cronofy-fault",
  path: "cronofy/",
  id: "cronofy-fault",
  sentence: "armed-cronofy",
  choices: {
    "cronofy-slow": SLOW,
    "cronofy-401": { kind: "refused", pattern: "*", status: 401 },
    "cronofy-429": { kind: "too_many", pattern: "*" },
  },
  nameOf: ({ kind, status }) => `cronofy-${kind === "page" ? status : kind}`,
};

/** @param {import("/page/session.js").Session} session */
export function renderFaults({ feed }) {
  render(feed, PORTAL);
  const hasCronofy = feed.get("cronofy") !== undefined;
  byId("cronofy-fault-control").hidden = !hasCronofy;
  if (hasCronofy) render(feed, CRONOFY);
}

function render(feed, origin) {
  const [list, told] = [byId(`${origin.id}s`), byId(`${origin.id}-armed`)];
  const pressed = list.querySelector('[aria-pressed="true"]')?.dataset.fault;
  const hadFocus = told.contains(document.activeElement);
  const waiting = feed.all(origin.kind);
  const names = new Set(waiting.map(origin.nameOf));
  const items = Object.keys(origin.choices).map((name) => {
    const isArmed = names.has(name);
    return { key: name, stamp: `${isArmed} ${words.language()}`, build: () => choice(name, origin, isArmed) };
  });
  mirror(list, items);
  const text = t(origin.sentence, { names: waiting.map((fault) => title(origin.nameOf(fault))).join(", ") });
  mirror(told, waiting.length > 0 ? [{ key: "armed", stamp: text, build: () => armed(text, origin) }] : []);
  // Who called a fault off, or saw it happen just then, stays near it.
  const near = list.querySelector(`[data-fault="${pressed}"]`) ?? list.firstElementChild;
  if (hadFocus && waiting.length === 0) near.focus({ preventScroll: true });
}

function title(name) {
  const key = `fault-${name.toLowerCase()}`;
  return words.has(key) ? t(key) : t("fault-other", { kind: name });
}

function choice(name, origin, isArmed) {
  const button = el("button", {
    type: "button",
    className: "plain",
    textContent: title(name),
    "aria-pressed": String(isArmed),
    data: { focus: "fault", fault: name },
  });
  button.addEventListener("click", () => (isArmed ? act(origin, "calm") : act(origin, "fault", origin.choices[name])));
  return button;
}

function armed(text, origin) {
  const calm = el("button", { type: "button", className: "text", textContent: t("calm") });
  calm.addEventListener("click", () => act(origin, "calm"));
  return el("p", {}, text, " ", calm);
}

const act = ({ id, path }, action, given) => attempt(byId(`${id}-trouble`), path + action, given);

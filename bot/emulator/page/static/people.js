/** The employees: who the visitor is, and in what state colleagues are. */

import { attribute, byId, el, mirror } from "/page/dom.js";
import * as words from "/page/words.js";
import { t } from "/page/words.js";

// Degrees by which the colours of neighbours differ: multiples of the golden angle are far apart.
const HUE_STEP = 137.5;

/** @param {import("/page/session.js").Session} session */
export function renderPeople(session) {
  const { me, people } = session;
  const list = byId("people");
  mirror(
    list,
    people.map((user) => ({
      key: user.id,
      stamp: words.language() + JSON.stringify(user),
      build: () => row(user, session),
    })),
  );
  for (const radio of list.querySelectorAll("input")) {
    radio.checked = Number(radio.value) === me?.id;
    radio.parentElement.classList.toggle("chosen", radio.checked);
  }
}

function row(user, session) {
  const radio = el("input", {
    type: "radio",
    name: "employee",
    value: user.id,
    disabled: !user.active,
    "aria-labelledby": `name-${user.id}`,
    "aria-describedby": user.active ? `work-${user.id} presence-${user.id}` : `work-${user.id}`,
    data: { focus: "choice" },
  });
  radio.addEventListener("change", () => session.choose(user.id));
  return el("label", { className: "person" }, radio, avatar(user), about(user));
}

function about(user) {
  const name = el("span", { id: `name-${user.id}`, className: "person-name", textContent: user.name, dir: "auto" });
  attribute(name, "lang", words.foreign(user.name));
  return el(
    "span",
    { className: "person-words" },
    name,
    el("span", { id: `work-${user.id}`, className: "person-work", textContent: work(user), dir: "auto" }),
    user.active ? state(user) : undefined,
  );
}

function state(user) {
  return el(
    "span",
    { id: `presence-${user.id}`, className: "presence" },
    el("span", { className: "dot", data: { presence: user.presence ?? "none" } }),
    el("span", { textContent: presence(user) }),
  );
}

function avatar(user) {
  const initials = user.name.split(/\s+/).map((part) => [...part][0] ?? "");
  const text = initials.slice(0, 2).join("");
  const circle = el("span", { className: "avatar", "aria-hidden": "true", textContent: text });
  circle.style.setProperty("--hue", (user.id * HUE_STEP) % 360);
  return circle;
}

function work(user) {
  if (!user.active) return t("dismissed");
  if (user.extranet) return t("guest");
  return user.position || t(user.admin ? "administrator" : "employee");
}

/** Say what was chosen, and what colleagues see wherever that differs. */
function presence({ presence: chosen, seen }) {
  const known = t(`seen-${seen}`);
  if (chosen === null) return t("seen-only", { seen: known });
  const set = t(`presence-${chosen}`);
  return chosen === seen ? set : t("seen-as", { set, seen: known });
}

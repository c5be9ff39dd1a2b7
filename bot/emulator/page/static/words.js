/** The page's sentences, and how its language writes times, days and numbers. */

import en from "/page/texts/en.js";
import ru from "/page/texts/ru.js";

const TEXTS = { en, ru };
const DAY_MS = 86_400_000;

let current = "en";
let texts = TEXTS[current];
let plurals = new Intl.PluralRules(current);
const formats = new Map();
// Letters that run from right to left, with what turns the direction by itself.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufeff]/;

/** Return the first language of the browser that the page speaks. */
export function preferred() {
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2));
  return spoken.find((tag) => tag in TEXTS) ?? "en";
}

/** Choose a language, English if the page does not know it, and write its texts into every element that names one. */
export function speak(language) {
  current = language in TEXTS ? language : "en";
  texts = TEXTS[current];
  plurals = new Intl.PluralRules(current);
  formats.clear();
  document.documentElement.lang = current;
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.matches("button")) element.title = t(element.dataset.label);
  }
}

export const language = () => current;

/** Tell whether the page has a text, which it need not have for what the portal names (methods, faults). */
export const has = (key) => key in texts;

/**
 * Return a sentence. A text with plural forms chooses by `n`; a value that runs the other way turns nothing but itself.
 *
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const entry = texts[key] ?? key;
  const pattern = typeof entry === "string" ? entry : (entry[plurals.select(values.n)] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/g, (_, name) => isolated(String(values[name] ?? "")));
}

const isolated = (value) => (RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value);

/** Return a list of texts, such as titles to choose from. */
export const list = (key) => texts[key] ?? [];

/** Return `ru` or `en` for words whose letters tell, and undefined when that is the page's language anyway. */
export function foreign(text) {
  const cyrillic = text.match(/[а-яё]/gi)?.length ?? 0;
  const latin = text.match(/[a-z]/gi)?.length ?? 0;
  if (cyrillic + latin === 0) return undefined;
  const found = cyrillic > latin ? "ru" : "en";
  return found === current ? undefined : found;
}

function format(name, zone, options, locale = current) {
  const key = `${name} ${zone}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }));
  return formats.get(key);
}

/** Return "14:05" in a zone. @param {number} at unix seconds */
export function clock(at, zone) {
  return format("clock", zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at * 1000);
}

/** Return "14:05:09" in a zone. */
export function clockWithSeconds(at, zone) {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return format("seconds", zone, options).format(at * 1000);
}

/** Return "Monday, November 23" in a zone. */
export function dayName(at, zone) {
  return format("day", zone, { weekday: "long", day: "numeric", month: "long" }).format(at * 1000);
}

/** Return "Mon, Nov 23" in a zone. */
export function shortDay(at, zone) {
  return format("short", zone, { weekday: "short", day: "numeric", month: "short" }).format(at * 1000);
}

/** Return the date "2026-11-23" in a zone, which sorts and compares. */
export function dateIn(at, zone) {
  // Canada writes dates in this order.
  return format("date", zone, { year: "numeric", month: "2-digit", day: "2-digit" }, "en-CA").format(at * 1000);
}

/** Return "2026-11-23T14:05" in a zone, which sorts and compares. */
export const wallClock = (at, zone) => `${dateIn(at, zone)}T${clock(at, zone)}`;

/** Return the date some days after another one. A day of the calendar need not have 24 hours, but in UTC all do. */
export const dateAfter = (date, days) => new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);

/** Return "Today", "Yesterday" or the day's name. */
export function relativeDay(at, zone, now) {
  const date = dateIn(at, zone);
  const today = dateIn(now, zone);
  if (date === today) return t("today");
  if (date === dateAfter(today, -1)) return t("yesterday");
  return dayName(at, zone);
}

/** The page's sentences, and how its language writes times, days and numbers. */

const LANGUAGES = ["en", "ru"];
const DAY_S = 86_400;

let texts = {};
let current = "en";
let wanted = current;
let plurals = new Intl.PluralRules("en");
const formats = new Map();

/** Return the first language of the browser that the page speaks. */
export function preferred() {
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2));
  return spoken.find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/**
 * Load a language and write its texts into every element that names one.
 *
 * Until the texts are there, the page goes on in the former language as a whole; of two choices the later one wins.
 */
export async function speak(language) {
  wanted = LANGUAGES.includes(language) ? language : "en";
  const asked = wanted;
  const loaded = await (await fetch(`/page/texts/${asked}.json`)).json();
  if (asked !== wanted) return;
  current = asked;
  texts = loaded;
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
 * Return a sentence. A text with plural forms chooses by `n`.
 *
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const entry = texts[key] ?? key;
  const pattern = typeof entry === "string" ? entry : (entry[plurals.select(values.n)] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

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

/** Return "Today", "Yesterday" or the day's name. */
export function relativeDay(at, zone, now) {
  const date = dateIn(at, zone);
  if (date === dateIn(now, zone)) return t("today");
  if (date === dateIn(now - DAY_S, zone)) return t("yesterday");
  return dayName(at, zone);
}

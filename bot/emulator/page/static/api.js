/**
 * What people do at the portal: posts to `/emulator/<action>`.
 *
 * @typedef {{done: boolean, result?: any, trouble: string}} Outcome `trouble` is a sentence in the page's language, empty
 *   when it was done
 */

import { t } from "/page/words.js";

// A portal that hangs must not keep anybody waiting for ever.
const LONGEST_WAIT_MS = 10_000;

/**
 * Do something at the portal.
 *
 * @param {string} action
 * @param {object} given arguments of the action
 * @returns {Promise<Outcome>}
 */
export async function act(action, given) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), LONGEST_WAIT_MS);
  try {
    const response = await fetch(`/emulator/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
      signal: patience.signal,
    });
    return outcome(response, await response.text());
  } catch {
    const trouble = patience.signal.aborted ? t("no-answer", { seconds: LONGEST_WAIT_MS / 1000 }) : t("not-sent");
    return { done: false, trouble };
  } finally {
    clearTimeout(timer);
  }
}

/** @returns {Outcome} */
function outcome(response, text) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const { result, error } = isJson ? JSON.parse(text) : {};
  if (response.ok) return { done: true, result, trouble: "" };
  return { done: false, trouble: t("refused", { reason: error ?? response.status }) };
}

/**
 * Do something on behalf of a control: a sentence appears at `place` when it fails and goes when it works.
 *
 * @param {HTMLElement} place
 * @param {string} action
 * @param {object} [given] arguments of the action
 * @returns {Promise<Outcome>}
 */
export async function attempt(place, action, given = {}) {
  const made = await act(action, given);
  place.textContent = made.trouble;
  return made;
}

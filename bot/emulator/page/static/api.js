/** What people do at the portal: posts to `/emulator/<action>`. */

import { t } from "/page/words.js";

/** The portal refused or did not answer; the message is a sentence in the page's language. */
export class NotDone extends Error {
  /**
   * @param {string} message
   * @param {boolean} answered false when nobody was there to refuse
   */
  constructor(message, answered) {
    super(message);
    this.answered = answered;
  }
}

/**
 * Do something at the portal and return its result.
 *
 * @param {string} action
 * @param {object} given arguments of the action
 * @throws {NotDone}
 */
export async function act(action, given = {}) {
  let response;
  try {
    response = await fetch(`/emulator/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
  } catch {
    throw new NotDone(t("not-done"), false);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new NotDone(t("refused", { reason: answer.error ?? response.status }), true);
  return answer.result;
}

/**
 * Do something on behalf of a control: a sentence appears at `place` when it fails and goes when it works.
 *
 * @param {HTMLElement} place
 * @param {string} action
 * @param {object} given
 * @returns {Promise<boolean>} whether it was done
 */
export async function attempt(place, action, given = {}) {
  try {
    await act(action, given);
  } catch (error) {
    if (!(error instanceof NotDone)) throw error;
    place.textContent = error.message;
    return false;
  }
  place.textContent = "";
  return true;
}

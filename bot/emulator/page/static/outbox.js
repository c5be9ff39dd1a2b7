/** What was written and is on its way: each person's texts reach the portal one by one, in the order of writing. */

import { act } from "/page/api.js";

export class Outbox {
  #lanes = new Map(); // texts by writer; the first of each lane is under way

  /**
   * @param {(writer: number, trouble: string, back: string[]) => void} report hears of each attempt: a sentence if it
   *   failed, and the texts that come back then, which are that one and all that waited behind it
   */
  constructor(report) {
    this.report = report;
  }

  isBusy(writer) {
    return this.#lane(writer).length > 0;
  }

  /** Tell whether just this text is on its way already. */
  holds(writer, text) {
    return this.#lane(writer).includes(text);
  }

  /** Send a text as soon as all before it have arrived. */
  async send(writer, text) {
    const lane = this.#lane(writer);
    lane.push(text);
    if (lane.length > 1) return;
    while (lane.length > 0) {
      const { done, trouble } = await act("say", { user_id: writer, text: lane[0] });
      const settled = lane.splice(0, done ? 1 : lane.length);
      this.report(writer, trouble, done ? [] : settled);
    }
  }

  #lane(writer) {
    if (!this.#lanes.has(writer)) this.#lanes.set(writer, []);
    return this.#lanes.get(writer);
  }
}

/**
 * The live state of the portal, kept as `/emulator/live` tells it: values by kind and id.
 *
 * @typedef {{now: number, reset?: boolean, set?: Record<string, any>, gone?: string[]}} Update
 */

const RETRY_MS = 1500;

/** Fires `change` (detail: the set of kinds that changed) and `connection` when the stream breaks or returns. */
export class Feed extends EventTarget {
  #kinds = new Map();
  #clock = { now: Date.now() / 1000, at: performance.now() };
  #source;
  connected; // undefined until the first word of the portal

  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
  }

  /** Listen, and go on listening whenever the portal comes back. */
  open() {
    this.#source = new EventSource(this.url);
    this.#source.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.#source.onerror = () => this.#lose();
  }

  /** Return everything of a kind, by rising id. */
  all(kind) {
    return [...(this.#kinds.get(kind)?.entries() ?? [])].sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  /** Return one value, such as `get("user", 17)`; what exists once needs no id. */
  get(kind, id = "") {
    return this.#kinds.get(kind)?.get(String(id));
  }

  /** Return the portal's time in unix seconds; it runs on between messages. */
  now() {
    return this.#clock.now + (performance.now() - this.#clock.at) / 1000;
  }

  /** @param {Update} update */
  #take(update) {
    const changed = new Set(update.reset ? this.#kinds.keys() : []);
    if (update.reset) this.#kinds.clear();
    this.#clock = { now: update.now, at: performance.now() };
    for (const [key, value] of Object.entries(update.set ?? {})) changed.add(this.#put(key, value));
    for (const key of update.gone ?? []) changed.add(this.#drop(key));
    this.#connect(true);
    this.dispatchEvent(new CustomEvent("change", { detail: changed }));
  }

  #put(key, value) {
    const [kind, id = ""] = key.split("/");
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, new Map());
    this.#kinds.get(kind).set(id, value);
    return kind;
  }

  #drop(key) {
    const [kind, id = ""] = key.split("/");
    this.#kinds.get(kind)?.delete(id);
    return kind;
  }

  #lose() {
    // A refused connection is not tried again by the browser, a broken one is; one way for both.
    this.#source.close();
    this.#connect(false);
    setTimeout(() => this.open(), RETRY_MS);
  }

  #connect(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.dispatchEvent(new Event("connection"));
  }
}

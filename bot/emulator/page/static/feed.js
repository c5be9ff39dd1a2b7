/**
 * The live state of the portal, kept as `/emulator/live` tells it: values by kind and id.
 *
 * A stream keeps a connection, and browsers open six to a host for all their windows together. So a page that nobody can
 * see has none, and beyond `LASTING` open ones a page only looks in at the portal from time to time.
 *
 * @typedef {{now: number, reset?: boolean, set?: Record<string, any>, gone?: string[]}} Update
 */

/** How many pages may keep a stream; the other connections are for what people do. */
export const LASTING = 4;

const LOOK_IN_MS = 1000;
const RETRY_MS = 1500;
// The portal says something at least every 15 s.
const LONGEST_SILENCE_MS = 20_000;

/**
 * Fires `change` (detail: the set of kinds that changed; `undefined` when everything was told anew) and `connection` when
 * the portal goes away or returns. A page out of sight learns neither.
 */
export class Feed extends EventTarget {
  #kinds = new Map();
  #clock = { now: Date.now() / 1000, at: performance.now() };
  #source;
  #timer; // for the next attempt, or the end of patience with a silent portal
  connected; // undefined until the first word of the portal

  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
  }

  /** Listen while the page can be seen, and go on listening whenever the portal comes back. */
  follow() {
    const turn = () => (document.visibilityState === "hidden" ? this.#close() : this.#open());
    document.addEventListener("visibilitychange", turn);
    turn();
  }

  /** Return everything of a kind, by rising id if ids are numbers. */
  all(kind) {
    return [...(this.#kinds.get(kind)?.entries() ?? [])].sort(([a], [b]) => a - b || 0).map(([, value]) => value);
  }

  /** Return one value, such as `get("user", 17)`; what exists once needs no id. */
  get(kind, id = "") {
    return this.#kinds.get(kind)?.get(String(id));
  }

  /** Return the portal's time in unix seconds; it runs on between messages. */
  now() {
    return this.#clock.now + (performance.now() - this.#clock.at) / 1000;
  }

  #open() {
    this.#close();
    this.#source = new EventSource(this.url);
    this.#source.onmessage = (event) => this.#hear(JSON.parse(event.data));
    // A refused connection is not tried again by the browser, a broken one is; one way for both.
    this.#source.onerror = () => this.#lose();
    this.#after(LONGEST_SILENCE_MS, () => this.#lose());
  }

  #close() {
    this.#source?.close();
    clearTimeout(this.#timer);
  }

  #after(ms, next) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(next, ms);
  }

  #lose() {
    this.#close();
    this.#connect(false);
    this.#after(RETRY_MS, () => this.#open());
  }

  /** @param {Update} update */
  #hear(update) {
    this.#after(LONGEST_SILENCE_MS, () => this.#lose());
    this.#take(update);
    if (update.reset && this.get("portal")?.windows > LASTING) {
      this.#close();
      this.#after(LOOK_IN_MS, () => this.#open());
    }
  }

  /** @param {Update} update */
  #take(update) {
    if (update.reset) this.#kinds.clear();
    this.#clock = { now: update.now, at: performance.now() };
    const changed = new Set();
    for (const [key, value] of Object.entries(update.set ?? {})) changed.add(this.#put(key, value));
    for (const key of update.gone ?? []) changed.add(this.#drop(key));
    this.#connect(true);
    this.dispatchEvent(new CustomEvent("change", { detail: update.reset ? undefined : changed }));
  }

  #put(key, value) {
    const [kind, id] = parts(key);
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, new Map());
    this.#kinds.get(kind).set(id, value);
    return kind;
  }

  #drop(key) {
    const [kind, id] = parts(key);
    this.#kinds.get(kind)?.delete(id);
    return kind;
  }

  #connect(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.dispatchEvent(new Event("connection"));
  }
}

/** Part "user/17" into kind and id; what exists once has none. */
function parts(key) {
  const [kind, ...id] = key.split("/");
  return [kind, id.join("/")];
}

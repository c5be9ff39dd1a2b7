/** The running list of REST requests: who asked for what, and what became of it. */

import { byId, el, grouped, mirror, write } from "/page/dom.js";
import * as words from "/page/words.js";
import { has, t } from "/page/words.js";

const MOST = 60; // requests shown
const TOKEN = "oauth.token"; // what the authorization server is asked

/** @param {import("/page/session.js").Session} session */
export function renderRequests(session) {
  const { feed, zone } = session;
  const scope = `${words.language()} ${zone} ${session.bot?.id}`;
  const calls = [...grouped(feed.all("call"), (made) => made.request)].map(([number, made]) => ({
    key: number,
    at: made.at(-1).at,
    stamp: scope + JSON.stringify(made),
    build: () => group(made, session),
  }));
  const tokens = feed.all("token").map((asked) => ({
    key: `token-${asked.no}`,
    at: asked.at,
    stamp: scope + JSON.stringify(asked),
    build: () => token(asked, session),
  }));
  const outside = feed.all("cronofy-call").map((asked) => ({
    key: `cronofy-${asked.no}`,
    at: asked.at,
    stamp: scope + JSON.stringify(asked),
    build: () => cronofy(asked, session),
  }));
  write(byId("requests-note"), t(feed.get("cronofy") ? "requests-note-both" : "requests-note"));
  const items = [...calls, ...tokens, ...outside].reverse().sort((a, b) => b.at - a.at).slice(0, MOST);
  byId("calls-empty").hidden = items.length > 0;
  byId("calls").hidden = items.length === 0;
  for (const element of mirror(byId("calls"), items)) element.classList.add("arrives");
}

/** Show the quota's bucket, which sinks on its own between requests. */
export function renderQuota({ feed }) {
  const quota = feed.get("quota");
  byId("quota").hidden = !quota;
  if (!quota) return;
  const level = Math.max(0, quota.level - Math.max(0, feed.now() - quota.at) * quota.rate);
  const shown = Math.ceil(level - 1e-9);
  const gauge = byId("gauge");
  const text = t("quota-words", { level: shown, burst: quota.burst, rate: quota.rate });
  if (byId("quota-words").textContent === text) return;
  byId("quota-words").textContent = text;
  gauge.setAttribute("aria-valuemax", quota.burst);
  gauge.setAttribute("aria-valuenow", shown);
  gauge.setAttribute("aria-valuetext", text);
  gauge.classList.toggle("high", level > quota.burst * 0.8);
  byId("gauge-level").style.inlineSize = `${Math.min(100, (level / quota.burst) * 100)}%`;
}

/** A request on its own, or a batch with its items inside. */
function group(calls, session) {
  const items = calls.filter((call) => call.batch);
  const request = calls.find((call) => !call.batch);
  if (items.length === 0) {
    const alone = call(request, session, [time(request, session)]);
    return el("li", { className: "request", data: { method: request.method } }, alone);
  }
  const head = request ?? items[0];
  const count = el("span", { className: "batch-count", textContent: t("batch", { n: items.length }) });
  return el(
    "li",
    { className: "request batch", data: { method: "batch" } },
    el("div", { className: "batch-head" }, count, ...(request?.error ? [outcome(request)] : []), time(head, session)),
    el("ol", {}, ...items.map((item) => el("li", { data: { method: item.method } }, call(item, session, [])))),
  );
}

/** One call: what it does, in whose name, and how it went; with what token and parameters on demand. */
function call(made, session, extra) {
  const plain = `method-${made.method.toLowerCase()}`;
  const deed = has(plain) ? t(plain) : "";
  const params = { textContent: pretty(made.params), tabIndex: 0, role: "group", "aria-label": t("parameters") };
  return row(made, deed, session, extra, ...more(made, session), el("pre", params));
}

/** A request for a token, which the authorization server answers beside the portal. */
function token(asked, session) {
  const aside = el("p", { className: "call-more", textContent: t("not-counted") });
  const shown = row({ ...asked, method: TOKEN }, t(`token-${asked.grant}`), session, [time(asked, session)], aside);
  return el("li", { className: "request", data: { method: TOKEN } }, shown);
}

/** A request to Cronofy, which no quota of the portal counts. */
function cronofy(asked, session) {
  const method = `cronofy.${asked.name}`;
  const params = { textContent: pretty(asked.params), tabIndex: 0, role: "group", "aria-label": t("parameters") };
  const address = el("p", { className: "call-more" }, el("code", { textContent: asked.address }));
  const made = { ...asked, method, error: null };
  const shown = row(made, t(`method-${method}`), session, [time(asked, session)], address, el("pre", params));
  return el("li", { className: "request outside", data: { method } }, shown);
}

function row(made, deed, session, extra, ...onDemand) {
  return el(
    "details",
    { className: "call" },
    el(
      "summary",
      {},
      el("code", { className: "call-method", textContent: made.method }),
      outcome(made),
      el(
        "span",
        { className: "call-facts" },
        el("span", { className: "call-deed", textContent: deed }),
        el("span", { textContent: actor(made, session) }),
        ...extra,
      ),
    ),
    ...onDemand,
  );
}

function outcome(made) {
  const isCutOff = made.status === 0;
  const isBad = made.error !== null || made.status >= 400 || isCutOff;
  const text = isBad ? made.error || (isCutOff ? t("cut-off") : String(made.status)) : t("ok");
  return el("span", { className: "outcome", textContent: text, data: { bad: isBad ? "yes" : "no" } });
}

/** Methods of the bot act as the bot, whoever's token carries them. */
function actor({ method, user, error }, session) {
  if (user === session.bot?.id || method.toLowerCase().startsWith("imbot.")) return t("as-bot");
  if (user !== null) return t("as-person", { name: nameOf(user, session) });
  return error === null ? t("as-app") : ""; // whose a refused token was, nobody knows
}

const nameOf = (user, session) => session.name(user) ?? t("unknown-person", { number: user });

function more({ user, level }, session) {
  const lines = [];
  if (user !== null) lines.push(t("token-of", { name: nameOf(user, session) }));
  if (level !== null) lines.push(t("level", { n: Math.ceil(level) }));
  return lines.map((line) => el("p", { className: "call-more", textContent: line }));
}

function time(made, session) {
  const text = words.clockWithSeconds(made.at, session.zone);
  return el("time", { textContent: text, dateTime: new Date(made.at * 1000).toISOString() });
}

/** Return JSON in lines; what was cut is shown as it came. */
function pretty(params) {
  try {
    return JSON.stringify(JSON.parse(params), null, 2);
  } catch {
    return params;
  }
}

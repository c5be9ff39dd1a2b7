/**
 * Text of a message as the portal shows it: BBCode that it knows is live, everything else is plain.
 *
 * A `[send]` says its text in the reader's name and a `[put]` fills the message box, whoever wrote them; that is how the
 * portal works, and why the bot shows other people's words with their brackets replaced.
 *
 * @typedef {{send: (index: number) => void, put: (text: string) => void, name: (id: number) => string|undefined}} Deeds
 */

import { isSafe } from "/page/address.js";
import { el } from "/page/dom.js";

const DEEPEST = 12;
const RULE = /^-{20,}\s*$/;
const STYLES = { b: "strong", i: "em", u: "u", s: "s", size: "span", color: "span" };
const TOKEN = /\[(\/?)(b|i|u|s|size|color|url|user|chat|context|call|send|put|code|br)(?:=([^\[\]]*))?\]/gi;
const MONSTER = /\S{500}/;
const ADDRESS = /https?:\/\/[^\s<>"'[\]]+/gi;
const SEND = /\[send(?:=([^\]]*))?\]([\s\S]*?)\[\/send\]/gi;

/**
 * @param {string} text
 * @param {Deeds} deeds
 * @returns {DocumentFragment}
 */
export function render(text, deeds) {
  const fragment = document.createDocumentFragment();
  const context = { deeds, sends: placesOfSends(text) };
  for (const block of blocks(text)) {
    const target = block.quoted ? fragment.appendChild(el("blockquote")) : fragment;
    block.lines.forEach((line, index) => {
      if (index > 0) target.append("\n");
      inline(target, line.text, line.start, context);
    });
  }
  return fragment;
}

/** Return where each `[send]` starts, in the portal's own way of counting them. */
function placesOfSends(text) {
  const end = text.toLowerCase().lastIndexOf("[/send]");
  const places = new Map();
  if (end < 0) return places;
  for (const match of text.slice(0, end + "[/send]".length).matchAll(SEND)) places.set(match.index, places.size);
  return places;
}

/** Part a text into plain stretches and quotes: lines behind `>>`, and what stands between two dashed lines. */
function blocks(text) {
  const lines = withPlaces(text);
  const parts = [];
  for (let at = 0; at < lines.length; at += 1) {
    const end = RULE.test(lines[at].text) ? lines.findIndex((line, index) => index > at && RULE.test(line.text)) : -1;
    if (end > at) {
      parts.push({ quoted: true, lines: lines.slice(at + 1, end) });
      at = end;
    } else if (lines[at].text.startsWith(">>")) {
      const { text: line, start } = lines[at];
      add(parts, true, { text: line.slice(2), start: start + 2 }, ">>");
    } else {
      addPlain(parts, text, lines[at]);
    }
  }
  return parts;
}

function withPlaces(text) {
  let start = 0;
  return text.split("\n").map((line) => {
    const place = { text: line, start };
    start += line.length + 1;
    return place;
  });
}

function add(parts, quoted, line, mark) {
  const last = parts.at(-1);
  if (last?.mark === mark) last.lines.push(line);
  else parts.push({ quoted, mark, lines: [line] });
}

/** Plain lines stay one text, because tags may reach over line breaks. */
function addPlain(parts, text, line) {
  const last = parts.at(-1);
  if (last?.mark !== "plain") {
    add(parts, false, line, "plain");
    return;
  }
  const { start } = last.lines[0];
  last.lines = [{ text: text.slice(start, line.start + line.text.length), start }];
}

function inline(target, text, start, context) {
  const state = { text, start, context, lower: text.toLowerCase(), unclosed: new Set(), stack: [{ tag: "", node: target }] };
  const write = (part) => writeText(state.stack.at(-1).node, part, !context.isLink);
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index < at) continue; // inside of what was taken as a whole
    write(text.slice(at, match.index));
    const taken = takeTag(state, match);
    if (taken === 0) write(match[0]);
    at = match.index + (taken || match[0].length);
  }
  write(text.slice(at));
}

/** Carry out a tag and return how many characters it took; 0 when it means nothing and is text. */
function takeTag(state, match) {
  const [token, slash, name, value] = match;
  const tag = name.toLowerCase();
  const { node } = state.stack.at(-1);
  if (slash) return close(state.stack, tag) ? token.length : 0;
  if (tag === "br") {
    node.append(el("br"));
    return token.length;
  }
  const end = endOf(state, tag, match.index);
  if (end < 0) return 0;
  if (tag in STYLES) {
    open(state.stack, tag, value ?? "");
    return token.length;
  }
  const inner = state.text.slice(match.index + token.length, end);
  node.append(whole(tag, value, inner, { ...state.context, place: state.start + match.index }));
  return end + `[/${tag}]`.length - match.index;
}

/** Return where a tag is closed, or -1; what is not closed once is not looked for again, since texts may be made of it. */
function endOf({ lower, unclosed }, tag, from) {
  if (unclosed.has(tag)) return -1;
  const end = lower.indexOf(`[/${tag}]`, from);
  if (end < 0) unclosed.add(tag);
  return end;
}

function open(stack, tag, value) {
  const parent = stack.at(-1).node;
  if (stack.length > DEEPEST) {
    stack.push({ tag, node: parent });
    return;
  }
  const node = el(STYLES[tag]);
  if (tag === "size" && Number(value)) node.style.fontSize = `${Math.min(Math.max(Number(value), 10), 28)}px`;
  if (tag === "color" && /^(#[0-9a-f]{3,8}|[a-z]+)$/i.test(value)) node.style.color = value;
  parent.append(node);
  stack.push({ tag, node });
}

function close(stack, tag) {
  const depth = stack.findLastIndex((level) => level.tag === tag);
  if (depth < 1) return false;
  stack.length = depth;
  return true;
}

/** Make what is taken as a whole: links, mentions, code, and the words that act when they are clicked. */
function whole(tag, value, inner, context) {
  if (tag === "code") return el("code", { textContent: inner });
  if (tag === "url") return link(value ?? inner, inner, context);
  if (tag === "send") return deed(inner || value || tag, () => context.deeds.send(context.sends.get(context.place)));
  if (tag === "put") return deed(inner || value || tag, () => context.deeds.put(value ?? inner));
  if (tag === "user") {
    const name = bare(inner) || context.deeds.name(Number(value)) || value;
    return el("span", { className: "mention", textContent: name });
  }
  return el("span", { textContent: bare(inner) });
}

function link(address, inner, context) {
  const node = el(isSafe(address) ? "a" : "span");
  if (node.localName === "a") Object.assign(node, { href: address, target: "_blank", rel: "noopener noreferrer" });
  inline(node, inner, 0, { ...context, isLink: true });
  for (const button of node.querySelectorAll("button, a")) button.replaceWith(...button.childNodes);
  return node;
}

function deed(label, act) {
  const button = el("button", { type: "button", className: "deed", textContent: bare(label) || label });
  button.addEventListener("click", act);
  return button;
}

const bare = (text) => text.replace(TOKEN, "");

function writeText(target, text, isLinking) {
  let at = 0;
  for (const match of isLinking ? text.matchAll(ADDRESS) : []) {
    const address = match[0].replace(/[.,;:!?)]+$/, "");
    target.append(...breakable(text.slice(at, match.index)));
    target.append(el("a", { href: address, target: "_blank", rel: "noopener noreferrer", textContent: address }));
    at = match.index + address.length;
  }
  target.append(...breakable(text.slice(at)));
}

/** Let a monstrous word break at known places: to find them costs a browser seconds. */
function breakable(text) {
  if (!MONSTER.test(text)) return text ? [text] : [];
  return text.match(/\S{1,40}|\s+/gu).flatMap((part) => [part, el("wbr")]);
}

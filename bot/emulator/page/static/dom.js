/** Elements, without markup from strings: texts of others never become HTML. */

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [given] properties; `data` and names with a dash become attributes, undefined is left out
 * @param {...(Node|string|undefined)} children
 */
export function el(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (name === "data") Object.assign(element.dataset, value);
    else if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Return the element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Set or remove an attribute. */
export function attribute(element, name, value) {
  if (value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** Write a text where it differs, since screen readers may read whatever is written anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Part items by a key, each group where its first item stands.
 *
 * @template T, K
 * @param {T[]} items
 * @param {(item: T) => K} keyOf
 * @returns {Map<K, T[]>}
 */
export function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Mark a control as busy, and tell whether it was not so before: nothing is done twice at once. */
export function occupy(control) {
  if (control.hasAttribute("aria-busy")) return false;
  // Not `disabled`: that would take the focus from whoever uses the keyboard.
  control.setAttribute("aria-busy", "true");
  control.setAttribute("aria-disabled", "true");
  return true;
}

export function release(control) {
  control.removeAttribute("aria-busy");
  control.removeAttribute("aria-disabled");
}

const shown = new WeakMap();

/**
 * Make the children of `parent` follow `items`. What did not change keeps its element, and with it focus and animation.
 *
 * @param {HTMLElement} parent holds nothing else
 * @param {{key: string|number, stamp: string, build: (again: boolean) => HTMLElement}[]} items `stamp` tells versions of
 *   an item apart; `build` hears whether an older version was shown
 * @returns {HTMLElement[]} the elements of items that were not there before
 */
export function mirror(parent, items) {
  const before = shown.get(parent) ?? new Map();
  const after = new Map();
  const added = [];
  for (const { key, stamp, build } of items) {
    const known = before.get(key);
    if (known?.stamp === stamp) {
      after.set(key, known);
      continue;
    }
    const element = build(known !== undefined);
    after.set(key, { stamp, element });
    if (known) exchange(known.element, element);
    else added.push(element);
  }
  for (const [key, { element }] of before) if (!after.has(key)) element.remove();
  place(parent, [...after.values()].map(({ element }) => element));
  shown.set(parent, after);
  return added;
}

/**
 * Put the new version where the old one is. The focus goes to the part that carries the same `data-focus`; if that cannot
 * be pressed any more, to the whole, since a second press must not hit a neighbour.
 */
function exchange(old, element) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  old.replaceWith(element);
  if (focused === undefined) return;
  const heir = element.querySelector(`[data-focus="${CSS.escape(focused)}"]:not(:disabled)`);
  if (!heir) element.tabIndex = -1;
  (heir ?? element).focus({ preventScroll: true });
}

function place(parent, elements) {
  elements.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
}

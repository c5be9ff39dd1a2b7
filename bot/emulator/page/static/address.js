/** Which addresses of others may become links. */

/**
 * Tell whether an address opens a page: one of the web, or one behind a slash at the portal itself.
 *
 * A browser leaves tabs out and turns backslashes, so that only what it makes of an address tells where that leads.
 */
export function isSafe(address) {
  if (/^https?:\/\//i.test(address)) return true;
  return address.startsWith("/") && origin(address) === location.origin;
}

function origin(address) {
  try {
    return new URL(address, location.href).origin;
  } catch {
    return undefined;
  }
}

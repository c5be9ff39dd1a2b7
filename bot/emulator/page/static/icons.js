/** Line icons on a 24 by 24 grid; decoration only, so words always stand beside them. */

const PATHS = {
  check: "m5 12.5 4.5 4.5L19 7.5",
  cross: "m6.5 6.5 11 11m0-11-11 11",
  question: "M9 9a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2.2m0 3.5v.01",
  star: "m12 4.5 2.3 4.8 5.2.7-3.8 3.6.9 5.2-4.6-2.5-4.6 2.5.9-5.2L4.5 10l5.2-.7z",
  send: "M5 12h13m-5.5-6 6 6-6 6",
  bulb: "M9.5 17.5h5m-4 3h3M12 3.5a6 6 0 0 0-3.5 10.9c.6.5 1 1.2 1 2v1.1h5v-1.1c0-.8.4-1.5 1-2A6 6 0 0 0 12 3.5Z",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-4.5v1m0 15v1m8.5-8.5h-1m-15 0h-1m14.5-6-.7.7M6.7 17.3l-.7.7m12 0-.7-.7M6.7 6.7 6 6",
  wave: "M4 13.5c2-4 5.5-4 8-1.5s6 2.5 8-1.5",
  sent: "M12 7.5V12l3 2m-3-10a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z",
  removed: "M5 7h14M10 4h4M7 7l1 12h8l1-12",
  repeat: "M4.5 11a7 7 0 0 1 12-4l2 2m0-4.5V9h-4.5m5.5 4a7 7 0 0 1-12 4l-2-2m0 4.5V15H10",
  out: "M14 5h5v5m0-5-8.5 8.5M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4",
};

/** @param {keyof PATHS} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

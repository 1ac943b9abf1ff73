// Elements and words. Text of others only ever becomes text: there is no way here to make markup.

const SVG = "http://www.w3.org/2000/svg";
// What steers a line without being seen is shown by its number, as on a terminal.
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

export const inert = (text, keep = "") =>
  String(text).replace(STEERING, (found) =>
    keep.includes(found) ? found : `\\u{${found.codePointAt(0).toString(16)}}`);

export const byId = (id) => document.getElementById(id);

// element("p", {class: "muted"}, "text", child, null): null children are left out.
export const element = (name, attributes = {}, ...children) =>
  filled(document.createElement(name), attributes, children);

export const drawn = (name, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

const filled = (made, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children
    .filter((child) => child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : inert(child))));
  return made;
};

// What stands between backticks is a command: it becomes code.
export const spoken = (text) =>
  String(text).split("`").map((part, at) => (at % 2 ? command(part) : part));

// A line may break between its words alone, not after the dashes of an option.
const command = (text) => element("code", {}, ...text.split(" ").flatMap((word, at) =>
  [at ? " " : null, element("span", {class: "word"}, word)]));

// `spec-kit.task.in_review` reads "task in review".
export const kind = (type) => type.split(".").slice(-2).join(" ").replaceAll("_", " ");

export const count = (number) => number.toLocaleString("en");

export const plural = (number, noun) => {
  if (number === 1) return `1 ${noun}`;
  return `${count(number)} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
};

const UNITS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];

export const duration = (millis) => {
  if (millis === null || millis === undefined) return "–";
  const found = UNITS.find(([length]) => millis >= length);
  if (!found) return `${Math.round(millis)} ms`;
  const value = millis / found[0];
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} ${found[1]}`;
};

export const ago = (instant, now) => {
  const millis = now - Date.parse(instant);
  if (millis < 10_000) return "just now";
  if (millis < 86_400_000 * 7) return `${duration(millis).replace(/\.\d+/, "")} ago`;
  return new Date(instant).toLocaleDateString("en", {day: "numeric", month: "short", year: "numeric"});
};

export const moment = (instant) =>
  new Date(instant).toLocaleString("en", {dateStyle: "medium", timeStyle: "medium"});

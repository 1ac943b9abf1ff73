// What the page says where there is nothing to show: always what to do next.

import {element, spoken} from "./dom.js";
import {icon} from "./icons.js";

const said = (name, title, lines) => [
  icon(name), element("h3", {}, title), ...lines.map((line) => element("p", {}, ...spoken(line))),
];

export const drawEmpty = (box, stats, type) => {
  if (type && stats.events) {
    box.replaceChildren(...said("events", "No event of this type", [
      "Choose another type above, or all of them.",
    ]));
  } else if (!stats.enabled) {
    box.replaceChildren(...said("parked", "spec-notify is off here", [
      "`spec-notify init --url https://…` writes a config and takes a first look.",
      "Then save a task as Done: it shows here at once.",
    ]));
  } else {
    box.replaceChildren(...said("events", "No event yet", [
      "Save a task as Done while `spec-notify watch` runs, or commit it after `spec-notify hooks install`.",
      "`spec-notify --test` sends one signed test.",
    ]));
  }
};

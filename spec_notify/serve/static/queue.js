// The way of an event to its receivers, with how many are where; and what waits for a person.

import {ago, count, element, moment, plural, spoken} from "./dom.js";
import {icon} from "./icons.js";

const WAY = [
  ["events", "Events", "plain"],
  ["pending", "Waiting", "busy"],
  ["in_flight", "In flight", "busy"],
  ["delivered", "Delivered", "good"],
];
const ASIDE = [
  ["parked", "Parked", "warn"],
  ["dead", "Dead letters", "bad"],
  ["cancelled", "Cancelled", "plain"],
];

export const drawFlow = (list, stats) => {
  const numbers = {...stats.counts, events: stats.events};
  const stop = ([name, label, tone], aside) => {
    const number = numbers[name] ?? 0;
    return element("li", {class: aside ? "aside" : "step", "data-name": name},
      icon(name, number ? tone : "plain"),
      element("span", {class: "number"}, count(number)),
      element("span", {class: "label"}, label));
  };
  list.replaceChildren(
    ...WAY.map((each) => stop(each, false)), ...ASIDE.map((each) => stop(each, true)));
};

export const drawAttention = (list, answer, now) => {
  const stuck = answer.deliveries.map((each) => delivery(each, now));
  const held = answer.held.map((each) => document_(each, now));
  const more = answer.truncated
    ? [element("li", {class: "more"}, ...spoken("More: `spec-notify --list --failed`"))] : [];
  const nothing = element("li", {class: "calm"}, icon("delivered", "good"),
    element("p", {}, "Nothing: no dead letter, nothing parked or held."));
  const items = [...answer.breakers.map(breaker), ...held, ...stuck, ...more];
  list.replaceChildren(...(items.length ? items : [nothing]));
};

const item = (name, tone, head, said, guidance) =>
  element("li", {}, icon(name, tone), element("div", {},
    element("p", {class: "what"}, ...head),
    said ? element("p", {class: "why muted"}, said) : null,
    guidance ? element("p", {class: "guidance"}, ...spoken(guidance)) : null));

const delivery = (each, now) => item(
  each.state, each.state === "dead" ? "bad" : "warn",
  [
    element("strong", {}, each.task ?? each.type), " to ", element("strong", {}, each.subscription),
    element("time", {class: "muted", datetime: each.createdAt, title: moment(each.createdAt)},
      ago(each.createdAt, now)),
  ],
  each.reason?.replaceAll("_", " "), each.guidance);

const breaker = (each) => item(
  "parked", "warn",
  [element("strong", {}, each.endpoint), ` is paused, for ${each.subscriptions.join(", ")}`],
  each.offline ? "no route from here" : `${plural(each.failures, "failure")} in a row`,
  each.nextTryAt ? `next try ${moment(each.nextTryAt)}` : null);

const document_ = (each, now) => item(
  "held", "warn",
  [
    element("strong", {}, each.document), " is held",
    element("time", {class: "muted", datetime: each.since, title: moment(each.since)},
      ago(each.since, now)),
  ],
  [plural(each.events, "event"), each.reason].filter(Boolean).join(": "),
  `\`spec-notify accept ${each.document}\` sends them`);

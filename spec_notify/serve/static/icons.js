// One icon for each type of event, drawn in a square of 24 with one stroke.

import {drawn} from "./dom.js";

const CIRCLE = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z";
const MAIL = "M12.5 18H3V6h18v6 M3.5 6.5L12 13l8.5-6.5";
const PEOPLE = "M9 11a3.2 3.2 0 1 0 0-6.4a3.2 3.2 0 0 0 0 6.4z M3 19c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5";

const PATHS = {
  "spec-kit.task.completed": `${CIRCLE} M8 12.3l2.8 2.8L16 9.6`,
  "spec-kit.task.in_review": "M2.5 12S6 5.5 12 5.5S21.5 12 21.5 12S18 18.5 12 18.5S2.5 12 2.5 12z M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6z",
  "spec-kit.task.transitioned": "M4 8h14 M14.5 4.5L18 8l-3.5 3.5 M20 16H6 M9.5 12.5L6 16l3.5 3.5",
  "spec-auto.stage.completed": "M12 3l9 4.5l-9 4.5l-9-4.5z M3 12l9 4.5l9-4.5 M3 16.5L12 21l9-4.5",
  "spec-auto.pipeline.completed": "M5 21V4 M5 4h13l-2.5 4L18 12H5",
  "spec-auto.anomaly.consensus_conflict": "M12 21v-7 M12 14L5 5 M12 14l7-9 M5 9V5h4 M15 5h4v4",
  "run_stop": `${CIRCLE} M9.2 9.2h5.6v5.6H9.2z`,
  "run.finished": "M4 12l4 4L16 7 M11 15l1.5 1L21 7",
  "team.completed": `${PEOPLE} M16 9l2 2l3.5-4`,
  "team.failed": `${PEOPLE} M17 6l4 4 M21 6l-4 4`,
  "team.timedout": `${PEOPLE} M18.5 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7z M18.5 6.5V8l1 .8`,
  "workflow.started": `${CIRCLE} M10 8.5l6 3.5l-6 3.5z`,
  "step.completed": "M4 19h5v-5h5V9h5V4 M16 6.5L19 4l2.5 3",
  "workflow.completed": `${CIRCLE} M7 12.4l2.4 2.4l4-4.6 M13 14.4l.6.4l4-4.6`,
  "failure.detected": "M12 3.5L22 20.5H2z M12 10v5 M12 17.6v.2",
  "spec-notify.test": "M9 3h6 M10 3v6L4.5 19a1.4 1.4 0 0 0 1.2 2h12.6a1.4 1.4 0 0 0 1.2-2L14 9V3 M7.5 15h9",
  "delivery.dead_lettered": `${MAIL} M16.5 16l4.5 4.5 M21 16l-4.5 4.5`,
  "delivery.recovered": `${MAIL} M15 18.5l2.3 2.3L22 16`,
  "pending": `${CIRCLE} M12 7v5l3.5 2`,
  "in_flight": "M21 3L10 14 M21 3l-7 18l-4-7l-7-4z",
  "parked": `${CIRCLE} M10 8.5v7 M14 8.5v7`,
  "dead": `${MAIL} M16.5 16l4.5 4.5 M21 16l-4.5 4.5`,
  "delivered": "M4 12l5 5L20 6",
  "cancelled": `${CIRCLE} M6 6l12 12`,
  "held": "M7 11V7a5 5 0 0 1 10 0v4 M5 11h14v9H5z",
  "events": "M3 12h4l3-8l4 16l3-8h4",
};
const OTHER = `${CIRCLE} M12 8v5 M12 16v.2`;

export const icon = (name, tone = "plain") =>
  drawn("svg", {
    class: `icon ${tone}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false",
  }, drawn("path", {d: PATHS[name] ?? OTHER}));

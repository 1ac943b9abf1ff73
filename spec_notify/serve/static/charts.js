// Two pictures of the same time: how long deliveries took, and which share of them arrived.

import {count, drawn, duration, element} from "./dom.js";

const HEIGHT = 150;
const LEFT = 54, RIGHT = 8, TOP = 10, BOTTOM = 22;
const DECADES = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 36_000_000, 604_800_000];

const percent = (share) => {
  if (share === null) return "–";
  // Not rounded up to a hundred: one dead letter is not none.
  const found = Math.floor(share * 1000) / 10;
  return `${found === Math.trunc(found) ? found : found.toFixed(1)} %`;
};

const clock = (instant, range) =>
  new Date(instant).toLocaleString("en", range === "7d"
    ? {weekday: "short", day: "numeric"} : {hour: "2-digit", minute: "2-digit", hour12: false});

const between = (bucket, range) => {
  const from = range === "7d"
    ? new Date(bucket.start).toLocaleString("en", {
      weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false,
    }) : clock(bucket.start, range);
  return `${from} to ${clock(bucket.end, range === "7d" ? "24h" : range)}`;
};

class Picture {
  constructor(figure, title, describe) {
    this.describe = describe;
    this.figure = figure;
    this.now = element("span", {class: "number"});
    this.rest = element("span", {class: "muted rest"});
    this.readout = element("output", {class: "muted readout"});
    this.canvas = drawn("svg", {class: "chart", role: "img", tabindex: "0"});
    this.table = element("tbody");
    this.title = title;
    figure.append(
      element("figcaption", {}, element("h3", {}, title), this.now, this.rest),
      this.canvas, this.readout);
    this.at = null;
    this.canvas.addEventListener("pointermove", (event) => {
      const width = this.canvas.clientWidth - LEFT - RIGHT;
      const x = event.offsetX - LEFT;
      this.mark(Math.floor((x / width) * this.buckets.length));
    });
    this.canvas.addEventListener("pointerleave", () => this.mark(null));
    this.canvas.addEventListener("blur", () => this.mark(null));
    this.canvas.addEventListener("keydown", (event) => {
      const last = this.buckets.length - 1;
      const at = this.at ?? last + 1;
      const to = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.mark(Math.max(0, Math.min(last, to)));
    });
    // Drawn for the width there is, so that its words keep their size.
    new ResizeObserver(() => this.stats && this.draw(this.stats)).observe(figure);
  }

  draw(stats) {
    this.stats = stats;
    this.buckets = stats.buckets;
    const width = Math.max(200, this.figure.clientWidth);
    this.canvas.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.canvas.setAttribute("width", width);
    this.canvas.setAttribute("height", HEIGHT);
    this.step = (width - LEFT - RIGHT) / Math.max(1, this.buckets.length);
    const {head, rest, said, marks} = this.describe(stats, this);
    this.now.textContent = head;
    this.rest.textContent = rest;
    this.canvas.setAttribute("aria-label", `${this.title}. ${said} Arrow keys read it bit by bit.`);
    this.cursor = drawn("rect", {class: "cursor", y: TOP, height: HEIGHT - TOP - BOTTOM, width: 0});
    this.canvas.replaceChildren(this.cursor, ...this.axis(stats.range), ...marks);
    this.mark(this.at);
  }

  x(at) {
    return LEFT + this.step * at;
  }

  axis(range) {
    const every = Math.max(1, Math.ceil(74 / this.step));
    const first = Math.floor(every / 2);
    const fits = (at) => (this.buckets.length - at) * this.step > 24;
    return this.buckets.flatMap((bucket, at) => ((at - first) % every || !fits(at) ? [] : [
      drawn("text", {class: "tick", x: this.x(at + 0.5), y: HEIGHT - 6, "text-anchor": "middle"},
        clock(bucket.start, range)),
    ]));
  }

  mark(at) {
    const bucket = this.buckets?.[at];
    this.at = bucket ? at : null;
    this.cursor?.setAttribute("width", bucket ? this.step : 0);
    this.readout.textContent = bucket ? this.words(bucket) : "";
    if (bucket) this.cursor.setAttribute("x", this.x(at));
  }

  words(bucket) {
    return `${between(bucket, this.stats.range)}: ${this.figure.id === "latency"
      ? took(bucket.toDelivery) : arrived(bucket)}`;
  }
}

const took = (spread) => (spread.count
  ? `p50 ${duration(spread.p50Ms)}, p95 ${duration(spread.p95Ms)} of ${count(spread.count)}`
  : "nothing was delivered");

const arrived = (bucket) => {
  const open = bucket.open ? `, ${count(bucket.open)} open` : "";
  if (bucket.success === null) return `nothing ended${open}`;
  return `${percent(bucket.success)}: ${count(bucket.delivered)} delivered, ${count(bucket.dead)} dead${open}`;
};

const rule = (picture, y, words) => [
  drawn("line", {
    class: "rule", x1: LEFT, x2: LEFT + picture.step * picture.buckets.length, y1: y, y2: y,
  }),
  drawn("text", {class: "tick", x: LEFT - 8, y: y + 4, "text-anchor": "end"}, words),
];

const latency = (stats, picture) => {
  const all = stats.buckets.map((each) => each.toDelivery);
  const values = all.flatMap((each) => (each.count ? [each.p50Ms, each.p95Ms] : []));
  const low = DECADES.findLast((each) => each <= Math.min(...values, 100)) ?? 1;
  const high = DECADES.find((each) => each >= Math.max(...values, low * 10)) ?? DECADES.at(-1);
  const span = Math.log(high / low);
  const y = (millis) => HEIGHT - BOTTOM
    - (Math.log(Math.max(millis, low) / low) / span) * (HEIGHT - TOP - BOTTOM);
  const rules = DECADES.filter((each) => each >= low && each <= high)
    .flatMap((each) => rule(picture, y(each), duration(each)));
  const line = (key) => {
    const runs = [];
    all.forEach((each, at) => {
      if (!each.count) return;
      const point = [picture.x(at + 0.5), y(each[key])];
      if (all[at - 1]?.count) runs.at(-1).push(point);
      else runs.push([point]);
    });
    return runs;
  };
  const upper = line("p95Ms"), lower = line("p50Ms");
  const path = (points) => `M${points.map((each) => each.map((n) => n.toFixed(1)).join(" ")).join("L")}`;
  const marks = [
    ...upper.map((run, at) => drawn("path", {
      class: "band", d: `${path([...run, ...lower[at].toReversed()])}Z`,
    })),
    ...[["p95", upper], ["p50", lower]].flatMap(([name, runs]) => [
      ...runs.map((run) => drawn("path", {class: `line ${name}`, d: path(run)})),
      ...runs.flat().map(([cx, cy]) => drawn("circle", {class: `dot ${name}`, cx, cy, r: 2})),
    ]),
  ];
  const spread = stats.toDelivery;
  return {
    head: duration(spread.p50Ms),
    rest: spread.count ? `median; 95 % within ${duration(spread.p95Ms)}` : "nothing was delivered",
    said: spread.count ? `${took(spread)} delivered.` : "Nothing was delivered.",
    marks: [...rules, ...marks],
  };
};

const success = (stats, picture) => {
  const y = (share) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  const gap = Math.min(2, picture.step / 4);
  const bar = (at, from, to, name) => drawn("rect", {
    class: `bar ${name}`, x: picture.x(at) + gap / 2, width: picture.step - gap,
    y: y(to), height: Math.max(0, y(from) - y(to)),
  });
  const marks = stats.buckets.flatMap((each, at) => {
    if (each.success === null) return [];
    return [bar(at, 0, each.success, "good"), bar(at, each.success, 1, "bad")];
  });
  const ended = stats.delivered + stats.dead;
  return {
    head: percent(stats.success),
    rest: ended ? `${count(stats.delivered)} of ${count(ended)} arrived` : "nothing ended",
    said: ended ? `${percent(stats.success)} of ${count(ended)} arrived.` : "Nothing ended.",
    marks: [...[0, 0.5, 1].flatMap((each) => rule(picture, y(each), `${each * 100} %`)), ...marks],
  };
};

export const pictures = (latencyFigure, successFigure) => {
  const both = [
    new Picture(latencyFigure, "From detection to delivery", latency),
    new Picture(successFigure, "Success", success),
  ];
  return (stats) => both.forEach((each) => each.draw(stats));
};

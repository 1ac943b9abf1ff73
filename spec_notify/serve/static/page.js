// The page: what is asked for, when it is asked for again, and where the answers go.

import {get, listen} from "./api.js";
import {pictures} from "./charts.js";
import {byId, count, element, inert, plural} from "./dom.js";
import {drawEmpty} from "./empty.js";
import {Events, placed, say} from "./events.js";
import {drawAttention, drawFlow} from "./queue.js";

const SHOWN = 25;
const STUCK = 4;
const SOON = 120, APART = 1000, NOW_AND_THEN = 30_000;

const state = {type: "", range: "24h", before: [], last: null, shown: 0, page: 0};
const events = new Events(byId("rows"));
const draw = pictures(byId("latency"), byId("success"));
let stats = null;
let due = null, refreshed = 0, asked = 0;
let fresh = [];

const query = (facts) => new URLSearchParams(
  Object.entries(facts).filter(([, value]) => value)).toString();

const trouble = (text) => {
  byId("notice").hidden = !text;
  byId("notice").textContent = inert(text ?? "");
};

const refresh = async (live) => {
  clearTimeout(due);
  due = null;
  const mine = ++asked;
  try {
    // By itself, so that a missing token is asked for by one answer and not by three.
    const recent = await get(`api/recent?${query({
      limit: SHOWN, event_type: state.type, before: state.before.at(-1),
    })}`);
    const [figures, stuck] = await Promise.all([
      get(`api/stats?${query({range: state.range})}`),
      get(`api/deliveries?${query({state: "failed", limit: STUCK})}`),
    ]);
    // A later question has been asked: its answer is the one to show.
    if (mine !== asked) return;
    stats = figures;
    trouble(null);
    show(recent, stuck, live);
  } catch (error) {
    if (error.status === 404 && state.before.length) {
      state.before = [];
      await refresh(false);
    } else {
      trouble(error.status ? error.message : "The server does not answer.");
    }
  }
  refreshed = performance.now();
};

const show = (recent, stuck, live) => {
  const now = Date.now();
  state.shown = recent.events.length;
  state.page = state.before.length;
  state.last = recent.events.at(-1)?.id ?? null;
  byId("repository").textContent = inert(stats.repository);
  events.show(recent.events, now, live);
  byId("table").hidden = !state.shown;
  byId("keys").hidden = !state.shown;
  byId("foot").hidden = !state.shown;
  byId("empty").hidden = Boolean(state.shown);
  if (!state.shown) drawEmpty(byId("empty"), stats, state.type);
  byId("place").textContent = placed(state, stats.events);
  byId("older").disabled = !recent.more;
  byId("newer").disabled = !state.before.length;
  if (!state.before.length) byId("fresh").hidden = true;
  drawFlow(byId("flow"), stats);
  drawAttention(byId("attention"), stuck, now);
  const number = stats.counts.dead + stats.counts.parked + stats.held.length
    + stuck.breakers.length;
  byId("attention-count").textContent = number ? count(number) : "";
  draw(stats);
  drawTypes();
};

const drawTypes = () => {
  const select = byId("type");
  const wanted = Object.entries(stats.types);
  if (state.type && !stats.types[state.type]) wanted.push([state.type, 0]);
  const options = [["", stats.events], ...wanted.sort()].map(([type, number]) =>
    element("option", {value: type}, `${type || "All types"} (${count(number)})`));
  // Not while it is open: its list would close under the pointer.
  if (document.activeElement === select && select.options.length === options.length) return;
  select.replaceChildren(...options);
  select.value = state.type;
};

// Soon, but not oftener than once a second however much happens.
const later = () => {
  const wait = Math.max(SOON, APART - (performance.now() - refreshed));
  due ??= setTimeout(async () => {
    const told = fresh;
    fresh = [];
    await refresh(true);
    announce(told);
  }, wait);
};

const announce = (told) => {
  if (!told.length) return;
  if (state.before.length) byId("fresh").hidden = false;
  const latest = told.at(-1);
  say(`${plural(told.length, "new event")}: ${latest.event_type} of ${latest.workflow_name}`);
};

const turn = async (change) => {
  change();
  await refresh(false);
  byId("events").scrollIntoView({block: "start"});
};

byId("older").addEventListener("click", () => turn(() => state.before.push(state.last)));
byId("newer").addEventListener("click", () => turn(() => state.before.pop()));
byId("fresh").addEventListener("click", () => turn(() => {
  state.before = [];
}));
byId("type").addEventListener("change", async (event) => {
  state.type = event.target.value;
  state.before = [];
  await refresh(false);
  say(`${plural(state.shown, "event")} shown`);
});
for (const radio of document.querySelectorAll("input[name=range]")) {
  radio.addEventListener("change", () => {
    state.range = radio.value;
    refresh(false);
  });
}
document.addEventListener("visibilitychange", () => document.hidden || later());

setInterval(() => {
  events.tick(Date.now());
  // The pictures end now, whether or not anything happens.
  if (!document.hidden) later();
}, NOW_AND_THEN);

await refresh(false);
listen(
  (kind, data) => {
    if (kind === "admitted") fresh.push(data);
    later();
  },
  (live) => {
    byId("live").textContent = live ? "Live" : "Reconnecting";
    byId("live").classList.toggle("on", live);
    // What was missed while nobody listened is asked for.
    if (live) later();
  },
);

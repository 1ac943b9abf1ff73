// The table of recent events: one page of it at a time, rows kept where they stay the same, and
// one row in the tab order, from which the arrow keys lead to the others.

import {get} from "./api.js";
import {ago, byId, count, drawn, element, inert, kind, moment, plural, spoken} from "./dom.js";
import {icon} from "./icons.js";

const STATES = ["delivered", "in_flight", "pending", "parked", "dead", "cancelled"];
const WORDS = {in_flight: "in flight", pending: "waiting"};

export class Events {
  #body;
  #rows = new Map();
  #current = null;
  #open = null;

  constructor(body) {
    this.#body = body;
    body.addEventListener("keydown", (event) => this.#key(event));
    body.addEventListener("click", (event) => this.#click(event));
    body.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr[data-id]");
      if (row) this.#stand(row.dataset.id);
    });
  }

  // Shows lines in their order; those that were not there before are marked when `live`.
  show(lines, now, live) {
    const rows = new Map();
    for (const line of lines) {
      const known = this.#rows.get(line.id);
      const row = known ?? element("tr", {role: "row", "data-id": line.id});
      if (!known && live) row.classList.add("new");
      const stamp = JSON.stringify(line);
      if (row.dataset.stamp !== stamp) this.#fill(row, line, stamp);
      rows.set(line.id, row);
    }
    if (!rows.has(this.#open?.id)) this.#close();
    this.#rows = rows;
    this.#arrange();
    if (!rows.has(this.#current)) this.#stand(lines[0]?.id ?? null);
    this.tick(now);
  }

  // Says anew how long ago each was.
  tick(now) {
    for (const time of this.#body.querySelectorAll("time")) {
      const said = ago(time.dateTime, now);
      if (time.textContent !== said) time.textContent = said;
    }
  }

  #arrange() {
    const wanted = [];
    for (const [id, row] of this.#rows) {
      wanted.push(row);
      if (this.#open?.id === id) wanted.push(this.#open.row);
    }
    // Moved only where needed: a row that is moved loses the focus.
    let next = this.#body.firstElementChild;
    for (const row of wanted) {
      if (row === next) next = next.nextElementSibling;
      else this.#body.insertBefore(row, next);
    }
    while (next) {
      const gone = next;
      next = next.nextElementSibling;
      gone.remove();
    }
  }

  #fill(row, line, stamp) {
    const button = row.querySelector("button");
    const focused = button !== null && document.activeElement === button;
    row.dataset.stamp = stamp;
    row.dataset.type = line.type;
    row.replaceChildren(
      cell("what", icon(line.type, line.tone), element("div", {},
        element("button", {
          type: "button", class: "title", tabindex: line.id === this.#current ? "0" : "-1",
          "aria-expanded": String(this.#open?.id === line.id),
        }, line.title),
        element("p", {class: "muted about"},
          line.name === line.title ? null : element("span", {}, line.name),
          element("span", {class: "type", title: line.type}, kind(line.type))))),
      cell("outcome", outcome(line)),
      cell("deliveries", ...deliveries(line.deliveries)),
      cell("when", element("time", {
        datetime: line.timestamp, title: moment(line.timestamp), class: "muted",
      })),
    );
    if (focused) row.querySelector("button").focus();
  }

  #stand(id) {
    if (id === this.#current) return;
    this.#rows.get(this.#current)?.querySelector("button").setAttribute("tabindex", "-1");
    this.#current = id;
    this.#rows.get(id)?.querySelector("button").setAttribute("tabindex", "0");
  }

  #key(event) {
    const row = event.target.closest("tr");
    if (event.key === "Escape" && this.#open) {
      const button = this.#rows.get(this.#open.id)?.querySelector("button");
      this.#close();
      button?.focus();
      return;
    }
    if (!row?.dataset.id || event.altKey || event.ctrlKey || event.metaKey) return;
    const ids = [...this.#rows.keys()];
    const at = ids.indexOf(row.dataset.id);
    const to = {
      ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 10, PageUp: at - 10,
      Home: 0, End: ids.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const id = ids[Math.max(0, Math.min(ids.length - 1, to))];
    const button = this.#rows.get(id).querySelector("button");
    button.focus({preventScroll: true});
    this.#rows.get(id).scrollIntoView({block: "nearest"});
  }

  #click(event) {
    const row = event.target.closest("tr[data-id]");
    // Whoever marks text does not want to open anything.
    if (!row || !getSelection().isCollapsed) return;
    if (this.#open?.id === row.dataset.id) this.#close();
    else this.#unfold(row);
  }

  #close() {
    if (!this.#open) return;
    this.#rows.get(this.#open.id)?.querySelector("button").setAttribute("aria-expanded", "false");
    this.#open.row.remove();
    this.#open = null;
  }

  async #unfold(row) {
    this.#close();
    const box = element("td", {role: "cell", colspan: "4"}, element("p", {class: "muted"}, "…"));
    this.#open = {
      id: row.dataset.id, row: element("tr", {role: "row", class: "detail"}, box),
    };
    row.querySelector("button").setAttribute("aria-expanded", "true");
    row.after(this.#open.row);
    try {
      box.replaceChildren(...detail(await get(`api/events/${encodeURIComponent(row.dataset.id)}`)));
    } catch (error) {
      box.replaceChildren(element("p", {}, error.message));
    }
  }
}

const cell = (name, ...children) => element("td", {role: "cell", class: name}, ...children);

const outcome = (line) => {
  if (!line.outcome) return null;
  const after = element("span", {class: `chip ${line.tone}`}, line.outcome);
  if (!line.before) return after;
  return element("span", {class: "change"},
    element("span", {class: "muted"}, line.before),
    drawn("svg", {class: "arrow", viewBox: "0 0 16 10", role: "img", "aria-label": "to"},
      drawn("path", {d: "M1 5h13 M10.5 1.5L14 5l-3.5 3.5"})),
    after);
};

const deliveries = (found) => {
  if (!found.length) return [element("span", {class: "muted"}, "no receiver")];
  const counts = STATES
    .map((state) => [state, found.filter((each) => each.state === state).length])
    .filter(([, number]) => number);
  return counts.map(([state, number]) =>
    element("span", {class: `state ${state}`}, `${count(number)} ${WORDS[state] ?? state}`));
};

const detail = (answer) => [
  ...answer.deliveries.map((each) => element("div", {class: "one"},
    element("p", {},
      element("span", {class: `state ${each.state}`}, WORDS[each.state] ?? each.state), " ",
      element("strong", {}, each.subscription), " ",
      element("span", {class: "muted"}, plural(each.attempts, "attempt"),
        each.lastStatus ? `, last ${each.lastStatus}` : "",
        each.nextAttemptAt ? `, next ${moment(each.nextAttemptAt)}` : "")),
    each.reason && each.state !== "delivered" ? element("p", {class: "muted"}, each.reason) : null,
    each.guidance ? element("p", {}, ...spoken(each.guidance)) : null,
    element("p", {class: "muted id"}, each.delivery))),
  element("pre", {tabindex: "0", "aria-label": "Data of the event"},
    document.createTextNode(inert(JSON.stringify(answer.event.data, null, 2), "\n"))),
];

// The words under the table: which of how many are shown.
export const placed = (state, total) => {
  const {shown, page, type} = state;
  if (!shown) return "";
  const all = type ? "" : ` of ${count(total)}`;
  return page ? `${count(shown)}${all}, ${plural(page, "page")} back` : `Newest ${count(shown)}${all}`;
};

export const say = (text) => {
  byId("said").textContent = inert(text);
};

// Asking the server: the token, answers in JSON, and the stream that says when to ask again.

import {byId} from "./dom.js";

const KEY = "spec-notify-token";
const SILENCE = 45_000;
const SHORTEST = 1000, LONGEST = 15_000;

const bearer = () => {
  const token = sessionStorage.getItem(KEY);
  return token ? {authorization: `Bearer ${token}`} : {};
};

let asking = null;

// Asks once for all who wait; the token stays in this tab's session storage alone.
const ask = (wrong) => {
  asking ??= new Promise((resolve) => {
    const dialog = byId("ask");
    byId("ask-wrong").hidden = !wrong;
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("ask-form").onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, byId("token").value.trim());
      byId("token").value = "";
      dialog.close();
      asking = null;
      resolve();
    };
    dialog.showModal();
  });
  return asking;
};

const sent = async (path, options = {}) => {
  for (;;) {
    const used = bearer();
    const found = await fetch(path, {...options, headers: {...options.headers, ...used}});
    if (found.status !== 401) return found;
    // Somebody else may have been asked, and answered, in the meantime.
    if (used.authorization === bearer().authorization) await ask(Boolean(used.authorization));
  }
};

export const get = async (path) => {
  const found = await sent(path);
  const said = await found.json();
  if (!found.ok) throw Object.assign(new Error(said.error), {status: found.status});
  return said;
};

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

// Calls `told(kind, data)` for every frame and `stands(live)` when the stream comes and goes;
// a lost one is taken up again after the last event that was told.
export const listen = async (told, stands) => {
  let last = null;
  let wait = SHORTEST;
  for (;;) {
    const away = new AbortController();
    try {
      const headers = last ? {"last-event-id": last} : {};
      const found = await sent("api/stream", {headers, signal: away.signal});
      if (found.ok) {
        stands(true);
        wait = SHORTEST;
        await frames(found.body, away, (frame) => {
          last = frame.id ?? last;
          told(frame.event, frame.data);
        });
      }
    } catch {
      // A server that went away: it is asked again below.
    }
    away.abort();
    stands(false);
    await pause(wait * (0.75 + Math.random() / 2));
    wait = Math.min(2 * wait, LONGEST);
  }
};

const frames = async (body, away, told) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    // A heartbeat comes every 15 seconds: silence means that nobody is there.
    const silence = setTimeout(() => away.abort(), SILENCE);
    const {done, value} = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const frame = read(part);
      if (frame.event) told(frame);
    }
  }
};

const read = (part) => {
  const frame = {};
  for (const line of part.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) frame[line.slice(0, at)] = line.slice(at + 2);
  }
  return {...frame, data: frame.data ? JSON.parse(frame.data) : null};
};

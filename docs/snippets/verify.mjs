// A receiver for spec-notify's webhooks. Node 20, no dependencies.
//
//     WEBHOOK_SECRET=whsec_… node verify.mjs 8788
//
// It answers 204 to what it takes, and 401 to what it refuses. Copy `verify` into your own service.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { argv, env } from "node:process";
import { pathToFileURL } from "node:url";

const TOLERANCE = 5 * 60; // seconds a timestamp may be off, either way
const LARGEST = 1024 * 1024;

/**
 * Answers the event in a request, or throws an Error.
 *
 * `headers` have lower-case names, as node:http gives them. `body` is the Buffer as it came: parsed
 * and written again, it would be other bytes. `now` is in seconds.
 */
export function verify(secret, headers, body, now) {
  const id = headers["webhook-id"] ?? "";
  const stamp = headers["webhook-timestamp"] ?? "";
  if (id === "" || !/^[0-9]{1,12}$/.test(stamp)) {
    throw new Error("webhook-id or webhook-timestamp is missing or malformed");
  }
  if (Math.abs(now - Number(stamp)) > TOLERANCE) {
    throw new Error("webhook-timestamp is more than five minutes off");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${stamp}.`).update(body).digest("base64");
  // A list, because two secrets sign while one replaces the other.
  for (const entry of (headers["webhook-signature"] ?? "").split(" ")) {
    const comma = entry.indexOf(",");
    if (comma > 0 && entry.slice(0, comma) === "v1" && same(entry.slice(comma + 1), expected)) {
      return JSON.parse(body.toString("utf8"));
    }
  }
  throw new Error("no v1 signature fits");
}

// timingSafeEqual wants equal lengths; the length of a signature is no secret.
function same(one, other) {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

// The ids that were dealt with. Yours belong into your database, next to what you did.
class Seen {
  #ids = new Set();
  has(id) {
    return this.#ids.has(id);
  }
  // Remember an id once its event is dealt with, not before: a failed one comes again.
  add(id, most = 10_000) {
    this.#ids.add(id);
    if (this.#ids.size > most) this.#ids.delete(this.#ids.values().next().value);
  }
}

export function receiver(secret) {
  const seen = new Seen();
  return createServer(async (request, response) => {
    const answer = (status) => response.writeHead(status).end();
    if (request.method !== "POST") return answer(405);
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size > LARGEST) return answer(413);
      chunks.push(chunk);
    }
    let event;
    try {
      event = verify(secret, request.headers, Buffer.concat(chunks), Math.floor(Date.now() / 1000));
    } catch (error) {
      console.log(`refused: ${error.message}`);
      return answer(401);
    }
    const id = request.headers["webhook-id"];
    if (seen.has(id)) {
      console.log(`again: ${id}`);
      return answer(204);
    }
    console.log(`new: ${id} ${event.type}`); // your work goes here
    seen.add(id);
    return answer(204);
  });
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const server = receiver(env.WEBHOOK_SECRET);
  server.listen(Number(argv[2]), "127.0.0.1", () => {
    console.log(`listening on port ${server.address().port}`);
  });
}

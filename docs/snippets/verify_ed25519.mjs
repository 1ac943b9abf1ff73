// Verify spec-notify's `v1a` signatures. Node 20, no dependencies.
//
//     WEBHOOK_KEY=whpk_… node verify_ed25519.mjs 8788
//
// It answers 204 to what it takes, and 401 to what it refuses. Copy `verify` into your own service.
// The key is public: nobody can sign with it. What else a receiver does stands in verify.mjs.

import { createPublicKey, verify as fits } from "node:crypto";
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
export function verify(key, headers, body, now) {
  const id = headers["webhook-id"] ?? "";
  const stamp = headers["webhook-timestamp"] ?? "";
  if (id === "" || !/^[0-9]{1,12}$/.test(stamp)) {
    throw new Error("webhook-id or webhook-timestamp is missing or malformed");
  }
  if (Math.abs(now - Number(stamp)) > TOLERANCE) {
    throw new Error("webhook-timestamp is more than five minutes off");
  }
  const x = Buffer.from(key.replace(/^whpk_/, ""), "base64").toString("base64url");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const signed = Buffer.concat([Buffer.from(`${id}.${stamp}.`), body]);
  // A list, because two keys sign while one replaces the other, and `v1` may stand beside `v1a`.
  for (const entry of (headers["webhook-signature"] ?? "").split(" ")) {
    const comma = entry.indexOf(",");
    if (comma < 0 || entry.slice(0, comma) !== "v1a") continue;
    const signature = Buffer.from(entry.slice(comma + 1), "base64");
    if (fits(null, signed, publicKey, signature)) return JSON.parse(body.toString("utf8"));
  }
  throw new Error("no v1a signature fits");
}

export function receiver(key) {
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
    try {
      const now = Math.floor(Date.now() / 1000);
      const event = verify(key, request.headers, Buffer.concat(chunks), now);
      // Your work goes here; remember the id, as verify.mjs does.
      console.log(`new: ${request.headers["webhook-id"]} ${event.type}`);
    } catch (error) {
      console.log(`refused: ${error.message}`);
      return answer(401);
    }
    return answer(204);
  });
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const server = receiver(env.WEBHOOK_KEY);
  server.listen(Number(argv[2]), "127.0.0.1", () => {
    console.log(`listening on port ${server.address().port}`);
  });
}

// Keeps the page's files, so that it opens without a network. build.mjs fills in what they are.

const FILES = [/* files */];
const CACHE = "digits-/* version */";

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => event.respondWith(kept(event.request)));

async function keep() {
  const cache = await caches.open(CACHE);
  // Asked of the server, since the browser may have kept files of an earlier version.
  await cache.addAll(["./", ...FILES].map((file) => new Request(file, { cache: "no-cache" })));
  await skipWaiting();
}

/** A new version has all its files by now; what earlier ones kept goes. */
async function forgetOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith("digits-") && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

/** @param {Request} request */
async function kept(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request)) ?? fetch(request);
}

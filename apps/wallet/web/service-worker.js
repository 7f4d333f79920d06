// Caches the app's own files, so that it opens without a network. API responses are not cached.
const version = "__VERSION__";
const files = __FILES__;

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(version)
      .then((cache) => cache.addAll(files))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== version).map((name) => caches.delete(name))),
      )
      .then(() => clients.claim()),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const name = request.mode === "navigate" ? "/" : url.pathname;
  if (!files.includes(name)) return;
  event.respondWith(
    caches.match(name, { cacheName: version }).then((kept) => kept ?? fetch(request)),
  );
});

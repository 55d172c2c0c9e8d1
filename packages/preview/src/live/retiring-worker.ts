/**
 * What a site's own service worker is in a preview: one that goes away. A worker answers from what it has kept, so a page
 * behind it would show what was, and the browser keeps workers long after the preview has gone from that address.
 *
 * Pages that an earlier worker had in its hand are loaded anew, from the server. Pages that only asked for a worker are not:
 * they would ask again, for ever.
 */
export const RETIRING_WORKER = `addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(leave()))
async function leave() {
  const pages = await clients.matchAll({ type: 'window' })
  for (const name of await caches.keys()) await caches.delete(name)
  await registration.unregister()
  for (const page of pages) page.navigate(page.url).catch(() => {})
}
`

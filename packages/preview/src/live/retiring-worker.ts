/**
 * A preview answers with this script instead of the site's own service worker: it removes itself. A service worker answers
 * from its cache, so its pages would show an old state, and browsers keep workers long after the preview has ended.
 *
 * Pages that an earlier worker controlled are reloaded from the server. Pages that only registered a worker are not: they
 * would register it again, without end.
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

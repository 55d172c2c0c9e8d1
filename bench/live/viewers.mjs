// Many other machines, each with a network and a store of its own. Tells when the last of them shows an update.
import path from 'node:path'
import { parseBootstrap } from '@sitedrive/core/internal'
import { parsePreviewLink } from '@sitedrive/core/preview'
import { followPreview } from '@sitedrive/preview/live'
import { now } from './site.mjs'

const [dir, link, bootstrap, count] = process.argv.slice(2)
const feeds = []
for (let n = 0; n < Number(count); n++) {
  const feed = await followPreview({
    link: parsePreviewLink(link),
    dir: path.join(dir, String(n)),
    bootstrap: parseBootstrap(bootstrap)
  })
  feeds.push(feed)
}
const isReady = () => feeds.every((feed) => feed.id !== null && feed.id === feeds[0].id && feed.peers > 0)
while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 50))
process.send({ kind: 'ready' })
let shown = 0
for (const feed of feeds) {
  feed.onUpdate(() => {
    if (++shown % feeds.length === 0) process.send({ kind: 'shown', at: now() })
  })
}
process.on('disconnect', () => process.exit())

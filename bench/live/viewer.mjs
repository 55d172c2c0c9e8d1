// Another machine: follows a preview link and serves it.
import { followPreview, openLiveServer } from '@sitedrive/preview/live'
import { parsePreviewLink } from '@sitedrive/core/preview'
import { parseBootstrap } from '@sitedrive/core/internal'
import { now } from './site.mjs'

const [dir, link, bootstrap] = process.argv.slice(2)
const feed = await followPreview({
  link: parsePreviewLink(link),
  dir,
  bootstrap: parseBootstrap(bootstrap),
  onProblem: (problem) => console.error(problem)
})
const server = await openLiveServer({ feed, port: 0 })
feed.onUpdate(() => process.send({ kind: 'shown', id: feed.id, at: now() }))
process.send({ kind: 'ready', url: server.url, id: feed.id })
process.on('disconnect', () => process.exit())

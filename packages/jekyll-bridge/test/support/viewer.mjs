// Another machine: follows a preview link and serves it.
import { parseBootstrap } from '@sitedrive/core/internal'
import { parsePreviewLink } from '@sitedrive/core/preview'
import { followPreview, openLiveServer } from '@sitedrive/preview/live'

const [dir, link, bootstrap] = process.argv.slice(2)
const feed = await followPreview({
  link: parsePreviewLink(link),
  dir,
  bootstrap: parseBootstrap(bootstrap),
  onProblem: (problem) => void process.stderr.write(`${problem}\n`)
})
const server = await openLiveServer({ feed, port: 0 })
process.send({ url: server.url })
process.on('disconnect', () => process.exit())

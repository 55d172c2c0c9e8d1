import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DriveEntry } from '@sitedrive/core/drive'
import { isPlausible } from './blob-pointer.js'
import { contentType } from './content-type.js'
import { entityTag, matchesTag } from './entity-tag.js'
import type { HeldState } from './held-state.js'
import { sendText } from './own-page.js'
import { encodePath, readRequestPath } from './request-path.js'
import { resolvePath } from './resolve-path.js'
import { sendBlob } from './send-blob.js'
import { within } from './within.js'

/** Headers of every answer that a site gives. Whoever keeps a copy must ask whether it is still the newest. */
const SITE_HEADERS = {
  'cache-control': 'public, max-age=0, must-revalidate',
  'x-content-type-options': 'nosniff'
}

export interface Responding {
  /** The site's key, normalised. */
  key: string
  state: HeldState
  /** How long the drive may keep a response waiting, for its index and then for each block. Milliseconds. */
  stallMs: number
}

/** Answers a GET or HEAD from one state of a site. */
export async function respond(req: IncomingMessage, res: ServerResponse, site: Responding): Promise<void> {
  const { state, stallMs } = site
  const asked = readRequestPath(req.url ?? '')
  if (!asked) return sendText(res, 400, 'This address is malformed.')

  const found = await within(
    stallMs,
    resolvePath(asked.path, (path) => state.drive.entry(path))
  )
  if (found.kind === 'moved') {
    // The query goes back as it came, but for what no header may carry.
    const query = asked.query.replace(/[^\x21-\x7e]/g, encodeURIComponent)
    res.writeHead(308, { ...SITE_HEADERS, location: encodePath(found.path) + query, 'content-length': 0 })
    res.end()
    return
  }
  if (found.kind === 'nothing') {
    return sendText(res, 404, 'There is no such page on this site.', { ...SITE_HEADERS, ...hyperLink(site) })
  }
  await sendEntry(req, res, site, found.entry, found.status)
}

async function sendEntry(
  req: IncomingMessage,
  res: ServerResponse,
  site: Responding,
  entry: DriveEntry,
  status: 200 | 404
): Promise<void> {
  const { key, state, stallMs } = site
  const { blob } = entry
  if (!blob || !isPlausible(blob, state.blobsLength)) return sendUnreadable(res)
  const tag = entityTag(key, state, blob)
  // A page that stands in for a missing one is not a version of it: it carries no tag of its own.
  const headers = { ...SITE_HEADERS, ...hyperLink(site, entry.path), ...(status === 200 && { etag: tag }) }

  if (status === 200 && matchesTag(req.headers['if-none-match'], tag)) {
    res.writeHead(304, headers)
    res.end()
    return
  }
  const writeHead = () => {
    res.writeHead(status, {
      ...headers,
      'content-type': contentType(entry.path),
      'content-length': blob.byteLength
    })
  }
  if (req.method === 'HEAD') {
    writeHead()
    res.end()
    return
  }
  const open = () => state.drive.stream(blob)
  const sent = await sendBlob(res, open, { byteLength: blob.byteLength, stallMs, writeHead })
  if (sent === 'unsent') sendUnreadable(res)
}

function sendUnreadable(res: ServerResponse): void {
  sendText(res, 502, 'The site has this file, but its bytes cannot be read.')
}

/** Names the same thing for those who read drives: the key, the version, the path. */
function hyperLink({ key, state }: Responding, path = '/'): Record<string, string> {
  return { 'hyper-link': `hyper://${key}+${state.version}${encodePath(path)}` }
}

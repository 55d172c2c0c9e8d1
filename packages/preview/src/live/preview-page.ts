import { Readable } from 'node:stream'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type FilePlan,
  type HeldState,
  sendBlob,
  sendReady,
  UNREADABLE,
  within
} from '@sitedrive/mirror/parts'
import { allowLive, allowLiveInMeta } from './content-security.js'
import { insertionPoint, insertTag, START_BYTES } from './inject.js'

/** How much of a page is looked at when its start does not show where the tag goes. */
const MOST_START_BYTES = 1 << 20

/** What the tag in a page says. */
export interface Tag {
  /** The id of the update that the page is of. */
  update: string
  /** The page's path in the drive. */
  path: string
  /** For policies that let scripts in by nonce alone. */
  nonce: string
  /** As the browser names this server. */
  origin: string
}

/** A page, ready to be sent. */
export interface PreparedPage {
  status: number
  headers: [string, string][]
  byteLength: number
  open: () => Readable
  stallMs: number
}

/** Whether files of a content type are pages, which the script is put into. */
export function isPage(type: string): boolean {
  return /^(text\/html|application\/xhtml\+xml)\b/i.test(type)
}

/**
 * Makes a page of the drive into one that keeps itself up to date. The bytes in the drive stay as they are.
 *
 * @param isBare without the tag: for the script itself
 */
export async function preparePage(
  plan: FilePlan,
  state: HeldState,
  { tag, stallMs, isBare = false }: { tag: Tag; stallMs: number; isBare?: boolean }
): Promise<PreparedPage> {
  const { blob, byteLength } = plan.identity
  if (!blob) throw new Error('a file as it is has its bytes in the drive')
  const isXml = plan.type.startsWith('application/xhtml')
  const read = (length: number) => readStart(state.drive.stream(blob, { start: 0, length }), length, stallMs)
  let startLength = Math.min(byteLength, START_BYTES)
  let plain = await read(startLength)
  if (startLength < byteLength && insertionPoint(plain, { isXml, isWhole: false }) < 0) {
    // A comment may be as long as its author likes.
    startLength = Math.min(byteLength, MOST_START_BYTES)
    plain = await read(startLength)
  }

  const { headers, needsNonce } = pageHeaders(plan, tag)
  const meta = allowLiveInMeta(plain, tag.origin, tag.nonce)
  const text = tagText(tag, needsNonce || meta.needsNonce, isXml)
  const start = isBare ? meta.html : insertTag(meta.html, text, isXml)
  const open = () =>
    Readable.from(
      (async function* () {
        yield start
        if (byteLength > startLength)
          yield* state.drive.stream(blob, { start: startLength, length: byteLength - startLength })
      })()
    )
  return { status: plan.status, headers, byteLength: start.length + byteLength - startLength, open, stallMs }
}

export async function sendPage(req: IncomingMessage, res: ServerResponse, page: PreparedPage): Promise<void> {
  const writeHead = () => {
    for (const [name, value] of page.headers) res.setHeader(name, value)
    res.setHeader('content-length', page.byteLength)
    res.writeHead(page.status)
  }
  if (req.method === 'HEAD') {
    writeHead()
    return void res.end()
  }
  const { byteLength, stallMs, open } = page
  if ((await sendBlob(res, open, { byteLength, stallMs, writeHead })) === 'unsent') sendReady(res, UNREADABLE)
}

function tagText({ update, path, nonce }: Tag, needsNonce: boolean, isXml: boolean): string {
  const attributes = [
    isXml ? 'async="async"' : 'async',
    'src="/.well-known/sitedrive/live.js"',
    ...(needsNonce ? [`nonce="${nonce}"`] : []),
    `data-update="${update}"`,
    `data-path="${escapeAttribute(path)}"`
  ]
  return `<script ${attributes.join(' ')}></script>`
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function pageHeaders(plan: FilePlan, tag: Tag): { headers: [string, string][]; needsNonce: boolean } {
  const headers: [string, string][] = []
  let needsNonce = false
  for (let at = 0; at + 1 < plan.headers.length; at += 2) {
    const [name = '', value = ''] = plan.headers.slice(at, at + 2)
    if (name === 'cache-control' || name === 'vary') continue
    if (name === 'content-security-policy') {
      const allowed = allowLive(value, tag.origin, tag.nonce)
      needsNonce ||= allowed.needsNonce
      headers.push([name, allowed.policy])
    } else headers.push([name, value])
  }
  // The tag names an update: a page out of a cache would catch up from the wrong one.
  headers.push(['cache-control', 'no-store'], ['content-type', plan.type])
  return { headers, needsNonce }
}

async function readStart(stream: Readable, byteLength: number, stallMs: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  stream.on('error', () => {}) // told by the iterator
  try {
    const blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    while (length < byteLength) {
      const { value, done } = await within(stallMs, blocks.next())
      if (done) throw new Error(`only ${length} bytes are there`)
      chunks.push(value)
      length += value.length
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks, length)
}

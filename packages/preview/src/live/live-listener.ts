import { randomBytes } from 'node:crypto'
import { devServerOf } from '@sitedrive/core/rules'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import {
  type HeldState,
  inWords,
  MALFORMED,
  ownAnswer,
  pageInWords,
  planOf,
  respond,
  type Responding,
  sendReady,
  sendText,
  ServingMemory,
  type Words
} from '@sitedrive/mirror/parts'
import { clientScript } from './client-script.js'
import type { EventStreams } from './event-streams.js'
import type { PreviewFeed } from '../feed/feed.js'
import { isPage, preparePage, sendPage, type Tag } from './preview-page.js'
import type { Visitors } from './visitors.js'
import { RETIRING_WORKER } from './retiring-worker.js'

/** The server answers these paths itself. No site can have a file here. */
const OWN = '/.well-known/sitedrive/'

const STALL_MS = 10_000
const CACHE_BYTES = 64 * 1024 * 1024

export interface LiveListenerOptions {
  feed: PreviewFeed
  streams: EventStreams
  visitors: Visitors
}

/** Serves a preview: its files as a mirror serves them, and each page with the script that keeps it up to date. */
export function liveListener({ feed, streams, visitors }: LiveListenerOptions): RequestListener {
  const memory = new ServingMemory(CACHE_BYTES)
  const nonce = randomBytes(16).toString('base64')

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const admission = visitors.judge(req)
    if (admission.kind === 'other host') return sendReady(res, OTHER_HOST)
    if (admission.kind === 'other site')
      return sendText(res, 403, 'This preview is for no page of another site to read.')
    if (admission.kind === 'no token') return sendReady(res, NO_TOKEN)
    if (admission.kind === 'welcome') {
      res.writeHead(302, {
        location: admission.location,
        'set-cookie': admission.cookie,
        'cache-control': 'no-store'
      })
      return void res.end()
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return sendText(res, 405, 'A preview can only be read.', { allow: 'GET, HEAD', connection: 'close' })
    }
    const target = req.url ?? '/'
    if (target.startsWith(OWN)) return answerOwn(req, res, target.slice(OWN.length), admission.isHere)
    if (req.headers['service-worker'] === 'script') return sendWorker(res)
    const state = feed.hold()
    if (!state) return sendWaiting(res, isOpened(req))
    try {
      await answerAt(req, res, state, target)
    } finally {
      state.release()
    }
  }

  async function answerAt(
    req: IncomingMessage,
    res: ServerResponse,
    state: HeldState,
    target: string
  ): Promise<void> {
    const site = respondingFrom(state)
    const plan = await planOf(target, site)
    if (plan?.kind === 'file' && isPage(plan.type)) {
      const tag: Tag = { update: idOf(state), path: plan.path, nonce, origin: originOf(req) }
      // guard: what a script fetches is the page as it was written, since it may show a part of it
      return sendPage(
        req,
        res,
        await preparePage(plan, state, { tag, stallMs: STALL_MS, isBare: !isOpened(req) })
      )
    }
    if (plan?.kind === 'ready' && plan.answer.head.status === 404) {
      const server = devServerAt(target)
      if (server !== null) return sendReady(res, notBuilt(server, isForPicture(req)))
      return sendReady(res, ownPage(NO_PAGE, isOpened(req) ? idOf(state) : undefined))
    }
    await respond(req, res, site)
  }

  async function answerOwn(
    req: IncomingMessage,
    res: ServerResponse,
    target: string,
    isHere: boolean
  ): Promise<void> {
    const url = new URL(target, 'http://preview/')
    if (url.pathname === '/live.js') return sendScript(res)
    if (url.pathname === '/events')
      return streams.open(res, { id: url.searchParams.get('since') ?? '', isHere })
    if (url.pathname === '/page') return answerPage(req, res, url.searchParams.get('at') ?? '/')
    sendReady(res, NOTHING_HERE)
  }

  /** Sends the newest page of an address, for the script of the page that is open there. */
  async function answerPage(req: IncomingMessage, res: ServerResponse, target: string): Promise<void> {
    const state = feed.hold()
    if (!state) return sendText(res, 503, 'Nothing is here yet.')
    try {
      const plan = await planOf(target, respondingFrom(state))
      res.setHeader('sitedrive-update', idOf(state))
      if (plan?.kind === 'redirect') {
        res.setHeader('sitedrive-redirect', plan.location)
        return sendText(res, 200, 'This page has moved.')
      }
      if (plan?.kind !== 'file') {
        const status = plan ? plan.answer.head.status : 400
        return sendReady(res, status === 404 ? ownPage(NO_PAGE) : MALFORMED)
      }
      res.setHeader('sitedrive-path', encodeURI(plan.path))
      if (!isPage(plan.type)) {
        res.writeHead(200, { 'content-type': plan.type, 'cache-control': 'no-store' })
        return void res.end()
      }
      const tag: Tag = { update: idOf(state), path: plan.path, nonce, origin: originOf(req) }
      const page = await preparePage(plan, state, { tag, stallMs: STALL_MS, isBare: true })
      return await sendPage(req, res, page)
    } finally {
      state.release()
    }
  }

  function respondingFrom(state: HeldState): Responding {
    return {
      key: feed.key,
      state,
      isNumbered: false,
      spaFallback: false,
      isLive: true,
      stallMs: STALL_MS,
      memory
    }
  }

  return (req, res) => {
    answer(req, res).catch(() => {
      if (res.headersSent) res.destroy()
      else sendReady(res, TROUBLE)
    })
  }
}

const OTHER_HOST = inWords({
  status: 403,
  title: 'This preview is not at this name',
  text: 'This is no name of this preview. Open it at the address that was printed where it runs.'
})

const NO_TOKEN = inWords({
  status: 403,
  title: 'This preview needs its whole address',
  text: 'This preview is open to those who have its whole address, which ends with a token. Ask its author for it.'
})

const NOTHING_HERE = inWords({
  status: 404,
  title: 'Page not found',
  text: 'There is no such page here.',
  way: { href: '/', label: 'Go to the start of the preview' }
})

const TROUBLE = inWords({
  status: 503,
  title: 'This preview cannot be read right now',
  text: 'This preview cannot be read right now.',
  way: { href: '', label: 'Try again' },
  headers: { 'retry-after': '2' }
})

const NO_PAGE = {
  status: 404,
  title: 'Page not found',
  text: 'There is no such page on this site. When a build makes one, it is shown here by itself.',
  way: { href: '/', label: 'Go to the start of the preview' }
}

const WAITING = {
  status: 503,
  title: 'Waiting for the first build',
  text: 'Waiting for the first build of this preview. It is shown here by itself.',
  headers: { 'retry-after': '2' }
}

function idOf({ fork, version }: HeldState): string {
  return `${fork}.${version}`
}

/** The origin of this server as the browser sees it: a policy of the site must allow it. */
function originOf(req: IncomingMessage): string {
  return `${'encrypted' in req.socket ? 'https' : 'http'}://${req.headers.host ?? 'localhost'}`
}

/**
 * Whether a window or a frame opens what it asks for. Browsers say so to addresses that they trust: those of this machine, and HTTPS.
 * To others, such as that of a machine in the local network, they say nothing.
 */
function isOpened({ headers }: IncomingMessage): boolean {
  return (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate'
}

/** Whether an image element asks. */
function isForPicture({ headers }: IncomingMessage): boolean {
  const { 'sec-fetch-dest': use, accept = '' } = headers
  return use === undefined ? accept.startsWith('image/') : use === 'image'
}

function sendScript(res: ServerResponse): void {
  sendReady(res, ownAnswer(200, clientScript(), {}, 'text/javascript; charset=utf-8'))
}

function sendWorker(res: ServerResponse): void {
  sendReady(res, ownAnswer(200, RETIRING_WORKER, {}, 'text/javascript; charset=utf-8'))
}

/** Whose dev server answers the address; null: none. */
function devServerAt(target: string): string | null {
  try {
    return devServerOf(decodeURIComponent(new URL(target, 'http://preview/').pathname))
  } catch {
    return null
  }
}

/**
 * The answer in the place of what the author's dev server makes on request. Nobody is asked for it: followers on other machines cannot
 * reach that server, and it would read files and addresses for whoever asks.
 */
function notBuilt(server: string, isPicture: boolean) {
  const text = [`${server} makes this on request.`, 'It is there in a published build.']
  if (!isPicture) return ownAnswer(404, `${text.join(' ')}\n`)
  const lines = text.map((line, at) => `<text x="200" y="${95 + 24 * at}">${line}</text>`).join('')
  const picture =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="400" height="200"><rect width="400" height="200" fill="#e4e4e4"/>' +
    `<g font-family="sans-serif" font-size="18" text-anchor="middle" fill="#444">${lines}</g></svg>`
  return ownAnswer(404, picture, {}, 'image/svg+xml')
}

/** The answer before the first build. Its script shows the site as soon as there is one. */
function sendWaiting(res: ServerResponse, isOpened: boolean): void {
  sendReady(res, ownPage(WAITING, isOpened ? 'none' : undefined))
}

/**
 * A page with a text of the server. It has no policy of its own, since its script puts a page of the site in its place, which
 * has to obey the site's policy.
 *
 * @param update the id for the script's tag; without it the page has no script
 */
function ownPage(words: Words, update?: string) {
  const tag =
    update === undefined ? '' : `<script async src="${OWN}live.js" data-update="${update}"></script>`
  return ownAnswer(words.status, pageInWords(words, tag), words.headers, 'text/html; charset=utf-8')
}
